package poller

import (
	"context"
	"fmt"
	"slices"
	"time"

	"bouncehound"
)

const (
	// A server that hands over nothing at all is out of order, and not its messages:
	// so many may be withheld before the first is handed over, and so many in a row.
	maxUnproven = 3
	maxInARow   = 10
)

// pauses are how long a message that was withheld is left alone after each try; when
// they are used up it is given up.
var pauses = [...]time.Duration{0, 0, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 96 * time.Hour}

// NextTry returns from when on a message that was withheld is asked for again; the zero
// time if it is given up.
func NextTry(w bouncehound.Withheld) time.Time {
	if w.Tries > len(pauses) {
		return time.Time{}
	}
	return w.TriedAt.Add(pauses[max(w.Tries, 1)-1])
}

// due reports whether a message that was withheld is to be asked for again. One that was
// last asked for at a time yet to come was so by a clock that has been set back.
func due(w bouncehound.Withheld, now time.Time) bool {
	next := NextTry(w)
	return !next.IsZero() && (!now.Before(next) || w.TriedAt.After(now))
}

// A trust is how far it is believed that a message that is not handed over is to
// blame, and not the server.
type trust struct {
	inARow int  // messages withheld since one was handed over
	any    bool // one was handed over
}

// withheld is told of a message that is listed and not handed over, and returns an
// error if it is the server that hands over none.
func (t *trust) withheld(uid uint32, because error) error {
	t.inARow++
	if t.any && t.inARow <= maxInARow || t.inARow <= maxUnproven {
		return nil
	}
	return fmt.Errorf("the server lists messages and hands over none, the last of them UID %d: %w", uid, because)
}

func (t *trust) handedOver() { t.inARow, t.any = 0, true }

// withheld returns the messages of a folder that were withheld and are to be asked for
// again, and tells the store of those that are gone.
func (p *Poller) withheld(ctx context.Context, r *reading) (again []uint32, err error) {
	known, err := p.Store.Withheld(ctx, p.Mailbox.Name, r.folder.name, r.validity)
	if err != nil || len(known) == 0 {
		return nil, err
	}
	var uids []uint32
	for _, w := range known {
		uids = append(uids, w.Place.UID)
	}
	var left, gone []uint32
	for chunk := range slices.Chunk(uids, maxSet) {
		there, err := r.session.there(chunk)
		if err != nil {
			return nil, fail("search", r.folder.name, err)
		}
		left = append(left, there...)
	}
	for _, w := range known {
		switch _, there := slices.BinarySearch(left, w.Place.UID); {
		case !there:
			gone = append(gone, w.Place.UID)
		case due(w, time.Now()) && !r.care.tried[w.Place.UID]:
			again = append(again, w.Place.UID)
		}
	}
	if len(gone) > 0 {
		err = p.Store.HandedOver(ctx, p.Mailbox.Name, r.folder.name, r.validity, gone)
	}
	return again, err
}

// withhold tells the store and the log of a message that is not handed over.
func (p *Poller) withhold(ctx context.Context, at bouncehound.Place, because error) error {
	p.log().Warn("the server lists a message and does not hand it over; it is passed and asked for again later",
		"folder", at.Folder, "uid", at.UID, "err", because)
	return p.Store.Withhold(ctx, at, because.Error())
}
