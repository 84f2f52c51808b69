package poller

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// A tidying does in a folder what is to be done with messages that are kept.
type tidying struct {
	poller   *Poller
	session  *session
	store    Store
	mailbox  Mailbox
	folder   folder
	plan     plan
	validity uint32
	off      bool // nothing is done: a dry run, or something has failed already
	result   *Result
}

func (p *Poller) tidying(s *session, pl plan, f folder, validity uint32, result *Result) *tidying {
	return &tidying{
		poller: p, session: s, store: p.Store, mailbox: p.Mailbox, folder: f, plan: pl, validity: validity,
		off: p.DryRun, result: result,
	}
}

// wanted reports whether there may be anything to do at all.
func (t *tidying) wanted() bool {
	return t.act(bouncehound.KindReport) != nil || t.act(bouncehound.KindUnread) != nil
}

// act returns what is done with messages of a kind, nil for nothing. Of those that
// are neither reports nor unread it is always nothing.
func (t *tidying) act(kind bouncehound.Kind) func(ctx context.Context, uids []uint32) error {
	switch m := t.mailbox; {
	case t.off:
	case kind == bouncehound.KindUnread && m.Unread == UnreadMove:
		return func(ctx context.Context, uids []uint32) error {
			return t.gone(uids, t.move(ctx, uids, t.plan.unreadTo))
		}
	case kind != bouncehound.KindReport:
	case m.After == AfterSeen:
		return func(_ context.Context, uids []uint32) error { return t.session.flag(uids, imap.FlagSeen) }
	case m.After == AfterMove:
		return func(ctx context.Context, uids []uint32) error { return t.gone(uids, t.move(ctx, uids, t.plan.moveTo)) }
	case m.After == AfterDelete:
		return func(_ context.Context, uids []uint32) error { return t.gone(uids, t.session.expunge(uids)) }
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

func (t *tidying) inChunks(ctx context.Context, uids []uint32, act func(context.Context, []uint32) error) error {
	for len(uids) > 0 {
		chunk := uids[:min(maxSet, len(uids))]
		uids = uids[len(chunk):]
		if err := act(ctx, chunk); err != nil {
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
