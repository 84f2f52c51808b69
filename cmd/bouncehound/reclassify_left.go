package main

import (
	"fmt"
	"strings"

	"bouncehound/db"
)

// leftWhy says for people why a message was not read again.
var leftWhy = map[db.Left]string{
	db.LeftPruned:  "retention took its bytes out",
	db.LeftHeaders: "only its header is kept",
	db.LeftNone:    "its bytes are not kept",
	db.LeftDiffers: "it names other recipients today",
}

// leave counts a message that was not read again, and lists it if it is to.
func (d *reclassifications) leave(m db.LeftMessage) {
	d.notRead[m.Why]++
	if d.list && d.err == nil {
		d.err = d.row(reclassified{What: "not_read", Message: m.ID, ArrivedAt: m.ArrivedAt, Why: leftWhy[m.Why], NotRead: m.Why})
	}
}

// notReadAgain says in a line how many messages were not read again, and why; empty if
// all were.
func (d *reclassifications) notReadAgain() string {
	var whys []string
	all := 0
	for _, why := range []db.Left{db.LeftPruned, db.LeftHeaders, db.LeftNone, db.LeftDiffers} {
		if n := d.notRead[why]; n > 0 {
			all += n
			whys = append(whys, fmt.Sprintf("%d: %s", n, leftWhy[why]))
		}
	}
	if all == 0 {
		return ""
	}
	return fmt.Sprintf("%s not read again: they go by what was read when they came (%s)", count(all, "message"), strings.Join(whys, "; "))
}
