package poller

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// round is how many messages are read before what was kept of them is tidied up:
// so much an interrupted poll leaves to the next one at most.
const round = 5000

// pollFolder reads what is new in one folder and tidies up. What cannot be tidied up
// is reported and left to the next poll; it does not keep new messages from being
// read.
func (p *Poller) pollFolder(ctx context.Context, s *session, pl plan, f folder, result *Result) error {
	validity, messages, err := s.open(f, true)
	if err != nil {
		return err
	}
	t := p.tidying(s, pl, f, validity, result)
	var tidied error
	if t.wanted() {
		var opened bool
		if opened, tidied = t.resume(ctx); tidied != nil {
			t.off = true
		}
		if s.dead() {
			return tidied
		}
		if opened {
			if _, messages, err = s.open(f, true); err != nil {
				return errors.Join(tidied, err)
			}
		}
	}
	return errors.Join(tidied, p.readFolder(ctx, t, messages))
}

// readFolder reads what is new in the folder that is open, in rounds if it has to be
// tidied up between.
func (p *Poller) readFolder(ctx context.Context, t *tidying, messages uint32) error {
	s, f, validity, result := t.session, t.folder, t.validity, t.result
	cursor, err := p.Store.FolderCursor(ctx, p.Mailbox.Name, f.name)
	if err != nil {
		return err
	}
	r := &reading{session: s, mailbox: p.Mailbox, folder: f, validity: validity, most: -1}
	if p.Mailbox.MaxPerPoll > 0 {
		r.most = p.Mailbox.MaxPerPoll
	}
	uids, err := p.listNew(r, cursor, messages)
	if err != nil {
		return fail("search", f.name, err)
	}
	result.Seen += len(uids)
	var tidied error
	for len(uids) > 0 && r.most != 0 {
		next, rounds := uids, t.wanted()
		if rounds {
			next = uids[:min(round, len(uids))]
		}
		uids = uids[len(next):]
		done, err := p.readRound(ctx, r, next, result)
		if err == nil || !s.dead() {
			if failed := t.tidy(ctx, done); failed != nil {
				tidied, t.off = failed, true
			}
		}
		if err != nil || s.dead() {
			return errors.Join(err, tidied)
		}
		if len(uids) > 0 && rounds {
			now, _, err := s.open(f, true)
			if err == nil && now != validity {
				err = fail("select", f.name, errors.New("the UIDVALIDITY changed during the poll"))
			}
			if err != nil {
				return errors.Join(err, tidied)
			}
		}
	}
	return tidied
}

// listNew returns the UIDs above the cursor, ascending; under another UIDVALIDITY
// the cursor says nothing.
func (p *Poller) listNew(r *reading, cursor bouncehound.Place, messages uint32) ([]uint32, error) {
	first := uint32(1)
	if cursor.UIDValidity == r.validity {
		if cursor.UID == math.MaxUint32 {
			return nil, nil
		}
		first = cursor.UID + 1
	} else if cursor.UIDValidity != 0 {
		p.log().Info("the folder has a new UIDVALIDITY and is read from the start",
			"folder", r.folder.name, "was", cursor.UIDValidity, "is", r.validity)
	}
	if messages == 0 {
		return nil, nil
	}
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: imap.UID(first)}}}}
	if p.Mailbox.Since > 0 {
		r.oldest = time.Now().Add(-p.Mailbox.Since)
		// SINCE knows days only, in whatever time zone; each message is looked at again.
		criteria.Since = r.oldest.UTC().AddDate(0, 0, -1)
	}
	return r.session.search(criteria, first)
}
