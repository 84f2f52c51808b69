package poller

import (
	"bytes"
	"errors"
	"strings"

	"bouncehound"
)

// errOthers is why nothing is tidied up that an earlier poll left.
var errOthers = errors.New("their UIDs stand for other messages now")

// maxAsked is how many messages are read of those that are to be tidied up at once.
const maxAsked = 3

// others reports whether what is left in the folder are other messages than those that an
// earlier poll kept, going by the Message-IDs of some.
//
// QUIRK: some servers count folders and give the INBOX of many accounts one UIDVALIDITY, as
// Outlook.com did with 1. Who enters another account under the name of an old one would
// have its mail moved or deleted.
func (t *tidying) others(copies []bouncehound.Copy, left []uint32) (bool, error) {
	id := map[uint32]string{}
	for _, c := range copies {
		if bare := unspaced([]byte(strings.Trim(c.MessageID, "<> \t"))); len(bare) > 0 {
			id[c.Place.UID] = string(bare)
		}
	}
	var some []uint32
	for _, uid := range left {
		if id[uid] != "" && len(some) < maxAsked {
			some = append(some, uid)
		}
	}
	same, read := false, false
	r := &reading{session: t.session, mailbox: t.mailbox, most: -1}
	err := r.run(some, func(items []item) bool {
		for _, it := range items {
			if !it.skip && !it.message.Partial {
				read = true
				same = same || bytes.Contains(unspaced(it.message.Raw), []byte(id[it.uid]))
			}
		}
		return true
	})
	return read && !same, err
}

// unspaced leaves out white space, where a header may be folded.
func unspaced(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, b)
}
