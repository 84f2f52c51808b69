package poller

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// round is how many messages are read before what was kept of them is tidied up:
// so much an interrupted poll leaves to the next one at most. It is also how many of
// the newest come first where everything is read.
const round = 5000

// A stretch is UIDs that are read one after another, ascending.
type stretch struct {
	uids     []uint32
	validity uint32
	moves    bool // the cursor follows; else it stays where it is
	again    bool // these were withheld before
}

// A listing is what a folder has that is new.
type listing struct {
	cursor bouncehound.Place
	uids   []uint32 // not yet recorded, ascending
	again  []uint32 // withheld before
	last   uint32   // up to here the folder is done with when all of these are
	next   uint32   // no message has this UID or one above; 0 if not told
}

// list asks what is new: all above the cursor, but what an earlier poll has recorded
// out of order. Under another UIDVALIDITY the cursor says nothing.
func (p *Poller) list(ctx context.Context, r *reading, messages uint32) (l listing, err error) {
	if l.cursor, err = p.Store.FolderCursor(ctx, p.Mailbox.Name, r.folder.name); err != nil {
		return l, err
	}
	l.cursor.Mailbox, l.cursor.Folder, l.next = p.Mailbox.Name, r.folder.name, uint32(r.session.next)
	first := uint32(1)
	if l.cursor.UIDValidity == r.validity {
		if l.cursor.UID == math.MaxUint32 {
			return l, nil
		}
		first = l.cursor.UID + 1
	} else if l.cursor.UIDValidity != 0 {
		p.log().Info("the folder has a new UIDVALIDITY and is read from the start",
			"folder", r.folder.name, "was", l.cursor.UIDValidity, "is", r.validity)
	}
	if l.again, err = p.withheld(ctx, r); err != nil || messages == 0 {
		return l, err
	}
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: imap.UID(first)}}}}
	if p.Mailbox.Since > 0 {
		r.oldest = time.Now().Add(-p.Mailbox.Since)
		// SINCE knows days only, in whatever time zone; each message is looked at again.
		criteria.Since = r.oldest.UTC().AddDate(0, 0, -1)
	}
	if l.uids, err = r.session.new(criteria, first, messages); err != nil || len(l.uids) == 0 {
		return l, fail("search", r.folder.name, err)
	}
	recorded, err := p.Store.Recorded(ctx, p.Mailbox.Name, r.folder.name, r.validity, first-1)
	if err != nil {
		return l, err
	}
	for _, uid := range l.uids { // what only a listing tells of proves nothing
		if _, known := slices.BinarySearch(recorded, uid); known || uid < l.next {
			l.last = uid
		}
	}
	l.uids = without(l.uids, recorded)
	return l, nil
}

// without takes those of b out of a; both are ascending.
func without(a, b []uint32) []uint32 {
	if len(b) == 0 {
		return a
	}
	left := a[:0]
	for _, uid := range a {
		for len(b) > 0 && b[0] < uid {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != uid {
			left = append(left, uid)
		}
	}
	return left
}

// stretches puts what is new in the order it is read in: what was withheld; of more
// than can be read at once some of the newest, on which there is still something to
// act; and then from the oldest on, with which the cursor moves. most is how many are
// read at all, negative: all.
func (l listing) stretches(validity uint32, most int) (all []stretch) {
	if len(l.again) > 0 {
		all = append(all, stretch{uids: l.again, validity: validity, again: true})
	}
	newest := 0
	switch {
	case most < 0 && len(l.uids) > 2*round:
		newest = round
	case most > 0 && len(l.uids) > most:
		newest = most / 2
	}
	if newest > 0 {
		all = append(all, stretch{uids: l.uids[len(l.uids)-newest:], validity: validity})
	}
	if oldest := l.uids[:len(l.uids)-newest]; len(oldest) > 0 {
		all = append(all, stretch{uids: oldest, validity: validity, moves: true})
	}
	return all
}

// rounds cuts stretches into pieces that are tidied up one after another.
func rounds(stretches []stretch) (all []stretch) {
	for _, s := range stretches {
		for len(s.uids) > 0 {
			piece := s
			piece.uids = s.uids[:min(round, len(s.uids))]
			s.uids = s.uids[len(piece.uids):]
			all = append(all, piece)
		}
	}
	return all
}
