package poller

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// resume finishes what an earlier poll was cut off from, and reports whether that
// left the folder open for writing.
func (t *tidying) resume(ctx context.Context) (bool, error) {
	copies, err := t.store.Untidied(ctx, t.mailbox.Name, t.folder.name, t.validity)
	if err != nil {
		return false, err
	}
	copies = slices.DeleteFunc(copies, func(c bouncehound.Copy) bool { return t.act(c.Kind) == nil })
	if len(copies) == 0 {
		return false, nil
	}
	slices.SortFunc(copies, func(a, b bouncehound.Copy) int { return cmp.Compare(a.Place.UID, b.Place.UID) })
	if err := t.open(); err != nil {
		return true, err
	}
	for len(copies) > 0 {
		n := 1
		for n < len(copies) && n < maxSet && copies[n].Kind == copies[0].Kind {
			n++
		}
		err := t.resumeSome(ctx, copies[:n])
		if errors.Is(err, errOthers) {
			t.poller.log().Warn("an earlier poll left messages to be tidied up, and their UIDs stand for others now; the folder is read from the start", "folder", t.folder.name)
			return true, t.store.ReadAnew(ctx, t.mailbox.Name, t.folder.name)
		}
		if err != nil {
			return true, fail("tidy", t.folder.name, err)
		}
		copies = copies[n:]
	}
	return true, nil
}

// resumeSome tidies up copies of one kind, as far as they are still there.
func (t *tidying) resumeSome(ctx context.Context, copies []bouncehound.Copy) error {
	all := uidsOf(copies)
	left, err := t.left(all)
	if err != nil {
		return err
	}
	target := t.target(copies[0].Kind)
	if target != "" {
		if left, err = t.settle(ctx, copies, left); err != nil {
			return err
		}
	}
	if other, err := t.others(copies, left); err != nil || other {
		return cmp.Or(err, errOthers)
	}
	// Without UIDPLUS a message that lies in both folders could not be taken out of this one.
	if target != "" && len(left) > 0 && t.session.caps.Has(imap.CapUIDPlus) {
		arrived, err := t.arrived(slices.DeleteFunc(slices.Clone(copies), func(c bouncehound.Copy) bool {
			return !slices.Contains(left, c.Place.UID)
		}), target)
		if err != nil {
			return err
		}
		if len(arrived) > 0 {
			if err := t.session.expunge(arrived); err != nil {
				return err
			}
			left = slices.DeleteFunc(left, func(uid uint32) bool { return slices.Contains(arrived, uid) })
		}
	}
	if len(left) > 0 {
		if err := t.act(copies[0].Kind)(ctx, left); err != nil {
			return err
		}
	}
	return t.tidied(ctx, all)
}

// left returns which of these messages are in the open folder.
func (t *tidying) left(uids []uint32) ([]uint32, error) {
	// NOOP lets the server tell first what is gone (RFC 9051 section 7.5.1).
	if err := t.session.do(0, func() error { return t.session.client.Noop().Wait() }); err != nil {
		return nil, err
	}
	return t.session.there(uids)
}

// settle waits for as long as a server may still be moving what an earlier poll was cut
// off from, and returns which are left.
//
// QUIRK: Dovecot finishes the MOVE or COPY of a client that is gone. Who looks into
// the target before that finds nothing there, and would move them a second time.
func (t *tidying) settle(ctx context.Context, copies []bouncehound.Copy, left []uint32) ([]uint32, error) {
	begun := map[uint32]time.Time{}
	for _, c := range copies {
		if !c.Moving.IsZero() {
			begun[c.Place.UID] = c.Moving
		}
	}
	// The clock may have been set since.
	first := time.Now()
	pause := max(t.poller.settleTime()/240, time.Millisecond)
	for told := false; ; pause = min(2*pause, t.poller.settleTime()/6) {
		var last time.Time
		for _, uid := range left {
			if at, moving := begun[uid]; moving {
				last = latest(last, at, t.poller.cutOff)
			}
		}
		now := time.Now()
		rest := min(last.Add(t.poller.settleTime()).Sub(now), first.Add(t.poller.settleTime()).Sub(now))
		if last.IsZero() || rest <= 0 {
			return left, nil
		}
		if !told {
			t.poller.log().Info("an earlier poll was cut off while the server moved messages: waiting for the server", "folder", t.folder.name, "messages", len(left), "for", rest.Round(time.Second))
			told = true
		}
		select {
		case <-time.After(min(pause, rest)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		var err error
		if left, err = t.left(uidsOf(copies)); err != nil {
			return nil, err
		}
	}
}

// settleTime is how long a server is believed to go on with the command of a client
// that is gone. Dovecot needs 30 ms to MOVE 500 messages; the disk may be busy.
func (p *Poller) settleTime() time.Duration {
	if p.SettleTime > 0 {
		return p.SettleTime
	}
	return time.Minute
}

func latest(all ...time.Time) time.Time { return slices.MaxFunc(all, time.Time.Compare) }

// target returns where copies of a kind are moved to; "" if they are not.
func (t *tidying) target(kind bouncehound.Kind) string {
	switch {
	case kind == bouncehound.KindUnread:
		return t.plan.unreadTo
	case t.mailbox.After == AfterMove:
		return t.plan.moveTo
	}
	return ""
}

func uidsOf(copies []bouncehound.Copy) (uids []uint32) {
	for _, c := range copies {
		uids = append(uids, c.Place.UID)
	}
	return uids
}
