package poller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// A tidying does in a folder what is to be done with messages that are kept.
type tidying struct {
	session    *session
	store      Store
	mailbox    Mailbox
	folder     folder
	plan       plan
	validity   uint32
	off        bool // nothing is done: a dry run, or something has failed already
	settled    bool // nobody else is at work in the folder any more
	settleTime time.Duration
	result     *Result
}

// settleTime is how long a server is believed to go on with the command of a client
// that is gone. Dovecot needs 30 ms to MOVE 500 messages.
func (p *Poller) settleTime() time.Duration {
	if p.SettleTime > 0 {
		return p.SettleTime
	}
	return 2 * time.Second
}

func (p *Poller) tidying(s *session, pl plan, f folder, validity uint32, result *Result) *tidying {
	return &tidying{
		session: s, store: p.Store, mailbox: p.Mailbox, folder: f, plan: pl, validity: validity,
		off: p.DryRun, settleTime: p.settleTime(), result: result,
	}
}

// wanted reports whether there may be anything to do at all.
func (t *tidying) wanted() bool {
	return t.act(bouncehound.KindReport) != nil || t.act(bouncehound.KindUnread) != nil
}

// act returns what is done with messages of a kind, nil for nothing. Of those that
// are neither reports nor unread it is always nothing.
func (t *tidying) act(kind bouncehound.Kind) func(uids []uint32) error {
	switch m := t.mailbox; {
	case t.off:
	case kind == bouncehound.KindUnread && m.Unread == UnreadMove:
		return func(uids []uint32) error { return t.move(uids, t.plan.unreadTo) }
	case kind != bouncehound.KindReport:
	case m.After == AfterSeen:
		return func(uids []uint32) error { return t.session.flag(uids, imap.FlagSeen) }
	case m.After == AfterMove:
		return func(uids []uint32) error { return t.move(uids, t.plan.moveTo) }
	case m.After == AfterDelete:
		return t.session.expunge
	}
	return nil
}

// tidy tidies up what was kept, and tells the store.
func (t *tidying) tidy(ctx context.Context, done []handled) error {
	opened := false
	for _, kind := range []bouncehound.Kind{bouncehound.KindReport, bouncehound.KindUnread} {
		act := t.act(kind)
		var uids []uint32
		for _, h := range done {
			if h.kind == kind && act != nil {
				uids = append(uids, h.uid)
			}
		}
		if len(uids) > 0 && !opened {
			if err := t.open(); err != nil {
				return err
			}
			opened = true
		}
		if err := t.inChunks(ctx, uids, act); err != nil {
			return err
		}
	}
	return nil
}

func (t *tidying) inChunks(ctx context.Context, uids []uint32, act func([]uint32) error) error {
	for len(uids) > 0 {
		chunk := uids[:min(maxSet, len(uids))]
		uids = uids[len(chunk):]
		if err := act(chunk); err != nil {
			return fail("tidy", t.folder.name, err)
		}
		if err := t.tidied(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (t *tidying) tidied(ctx context.Context, uids []uint32) error {
	t.result.Tidied += len(uids)
	return t.store.Tidied(ctx, t.mailbox.Name, t.folder.name, t.validity, uids)
}

// open opens the folder for writing; the UIDs must still be those that were read.
func (t *tidying) open() error {
	validity, _, err := t.session.open(t.folder, false)
	if err == nil && validity != t.validity {
		err = fail("tidy", t.folder.name, errors.New("the UIDVALIDITY changed during the poll"))
	}
	return err
}

// move moves messages to another folder. Client.Move is for servers with MOVE only:
// without it, it sends COPY, STORE and EXPUNGE and does not look at COPY's answer
// (go-imap v2.0.0-beta.8), so that a COPY that fails destroys the messages. Here
// each step waits for the one before.
func (t *tidying) move(uids []uint32, target string) error {
	s := t.session
	if s.caps.Has(imap.CapMove) && s.client.Caps().Has(imap.CapMove) {
		return s.do(0, func() error {
			_, err := s.client.Move(set(uids), target).Wait()
			return err
		})
	}
	if !s.caps.Has(imap.CapUIDPlus) {
		return errors.New("the server has neither MOVE nor UIDPLUS")
	}
	copied := uids
	err := s.do(0, func() error {
		data, err := s.client.Copy(set(uids), target).Wait()
		if err == nil && len(data.SourceUIDs) > 0 { // COPYUID: what has surely arrived
			copied = slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return !data.SourceUIDs.Contains(imap.UID(uid)) })
		}
		return err
	})
	if err == nil {
		err = s.expunge(copied)
	}
	if err != nil || len(copied) == len(uids) {
		return err
	}
	left, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{set(uids)}}, 0)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("the server says that it copied %d of %d messages", len(copied), len(uids))
	}
	return err
}

// flag adds a flag to messages.
func (s *session) flag(uids []uint32, flag imap.Flag) error {
	add := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}
	return s.do(0, func() error { return s.client.Store(set(uids), add, nil).Close() })
}

// expunge deletes these messages. UID EXPUNGE (RFC 4315) leaves those alone that
// somebody else has marked; a plain EXPUNGE would not.
func (s *session) expunge(uids []uint32) error {
	if !s.caps.Has(imap.CapUIDPlus) {
		return errors.New("the server has no UIDPLUS")
	}
	if err := s.flag(uids, imap.FlagDeleted); err != nil {
		return err
	}
	return s.do(0, func() error { return s.client.UIDExpunge(set(uids)).Close() })
}
