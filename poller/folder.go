package poller

import (
	"cmp"
	"context"
	"errors"

	"bouncehound"
)

// pollFolder reads what is new in one folder and tidies up. What cannot be tidied up
// is reported and left to the next poll; it does not keep new messages from being
// read.
func (p *Poller) pollFolder(ctx context.Context, s *session, pl plan, f folder, v *visit, result *Result) error {
	validity, messages, err := s.open(f, true)
	if err != nil {
		return err
	}
	if err := p.checkCursor(ctx, s, f, validity); err != nil {
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
			return cmp.Or(tidied, fail("select", f.name, s.ended()))
		}
		if opened {
			if messages, err = t.reopen(); err != nil {
				return errors.Join(tidied, err)
			}
		}
	}
	return errors.Join(tidied, p.readFolder(ctx, t, v, messages))
}

// checkCursor forgets the cursor where the server gives out UIDs that it has passed.
//
// QUIRK: a mailbox restored from a backup may keep its UIDVALIDITY and number new
// messages like those that came after the backup (RFC 9051 section 2.3.1.1 forbids it).
func (p *Poller) checkCursor(ctx context.Context, s *session, f folder, validity uint32) error {
	cursor, err := p.Store.FolderCursor(ctx, p.Mailbox.Name, f.name)
	if err != nil || s.next == 0 || cursor.UIDValidity != validity || cursor.UID < uint32(s.next) {
		return err
	}
	p.log().Warn("the folder's next UID is one that was read already; the folder is read from the start",
		"folder", f.name, "next", s.next, "cursor", cursor.UID)
	return p.Store.ReadAnew(ctx, p.Mailbox.Name, f.name)
}

// readFolder reads what is new in the folder that is open, in rounds if it has to be
// tidied up between.
func (p *Poller) readFolder(ctx context.Context, t *tidying, v *visit, messages uint32) error {
	s, f, validity := t.session, t.folder, t.validity
	r := &reading{session: s, mailbox: p.Mailbox, folder: f, validity: validity, most: -1, care: &v.care}
	if p.Mailbox.MaxPerPoll > 0 {
		r.most = max(p.Mailbox.MaxPerPoll-v.read, 0)
	}
	l, err := p.list(ctx, r, messages)
	if err != nil {
		return err
	}
	if seen := v.handled + len(l.again) + len(l.uids); seen > v.seen { // not what the connection before saw
		t.result.Seen += seen - v.seen
		v.seen = seen
	}
	left := len(l.uids)
	stretches := l.stretches(validity, r.most)
	if t.wanted() {
		stretches = rounds(stretches)
	}
	var tidied error
	for i, next := range stretches {
		if r.most == 0 {
			break
		}
		// Also after a failure, which may have left another folder open, or none.
		if i > 0 && (t.wanted() || tidied != nil) {
			if _, err := t.reopen(); err != nil {
				return errors.Join(err, tidied)
			}
		}
		before := v.handled
		c := &commit{poller: p, stretch: next, cursor: l.cursor, next: l.next, result: t.result, visit: v}
		err := p.read(ctx, r, c)
		l.cursor, l.last = c.cursor, max(l.last, c.last)
		if !next.again {
			left -= v.handled - before
		}
		if err == nil || !s.dead() {
			if failed := t.tidy(ctx, c.done); failed != nil {
				tidied, t.off = failed, true
			}
		}
		if err != nil || tidied != nil && s.dead() {
			return errors.Join(err, tidied)
		}
	}
	if left == 0 && l.last > 0 && (l.cursor.UIDValidity != validity || l.cursor.UID < l.last) {
		_, err = p.Handle(ctx, nil, bouncehound.Place{Mailbox: p.Mailbox.Name, Folder: f.name, UIDValidity: validity, UID: l.last})
	}
	return errors.Join(err, tidied)
}

// reopen opens the folder for reading again; the UIDs must still be those that were
// read.
func (t *tidying) reopen() (messages uint32, err error) {
	validity, messages, err := t.session.open(t.folder, true)
	if err == nil && validity != t.validity {
		err = fail("select", t.folder.name, errors.New("the UIDVALIDITY changed during the poll"))
	}
	return messages, err
}
