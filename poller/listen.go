package poller

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	// idleRenewal is how long one IDLE lasts. RFC 2177 wants less than 29 minutes;
	// routers forget a connection that is silent for ten.
	idleRenewal = 9 * time.Minute
	// A connection for listening that is lost is taken up again after pauses from a
	// second to ten minutes, for ever.
	maxListenPause = 10 * time.Minute
	// maxListened is how many folders are listened in, each on a connection of its own
	// (RFC 2177 knows no other way). Dovecot lets a user have ten from an address, Gmail
	// 15, Exchange 16 to 20, and other clients want some of them.
	maxListened = 5
)

// ErrNoIdle says that a server cannot tell of new messages by itself (RFC 2177).
var ErrNoIdle = errors.New("the server has no IDLE")

// Listen keeps connections of its own on which the server tells of new messages, one
// for each folder up to five, and calls wake whenever it does, and each time a connection
// stands: something may have come meanwhile. Several goroutines call wake. It goes on
// until ctx ends, and returns ErrNoIdle where the server cannot do it. Each connection
// calls beat with its folder before each of its pauses, tries and IDLEs, none of which
// lasts longer than some ten minutes. A connection beyond the first is ended, and taken up
// again ten minutes later, where the server refuses one to a poll meanwhile.
func (p *Poller) Listen(ctx context.Context, wake func(), beat func(folder string)) error {
	if err := p.Mailbox.check(); err != nil {
		return err
	}
	all := p.Mailbox.folders()
	if len(all) > maxListened {
		p.log().Warn("listening for new messages in some folders only; the others are polled on the schedule", "folders", all[:maxListened])
		all = all[:maxListened]
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var listening sync.WaitGroup
	for i, name := range all {
		listening.Go(func() { cancel(p.listenIn(ctx, name, i > 0, wake, func() { beat(name) })) })
	}
	listening.Wait()
	return context.Cause(ctx)
}

// listenIn is Listen for one folder; a spare one is left to polls that need its connection.
func (p *Poller) listenIn(ctx context.Context, name string, spare bool, wake, beat func()) error {
	for tries := 1; ; tries++ {
		begun := time.Now()
		beat()
		err := p.listen(ctx, name, spare, wake, beat)
		beat()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, ErrNoIdle) {
			return err
		}
		if time.Since(begun) > idleRenewal {
			tries = 1
		}
		wait := min(time.Second<<min(tries-1, 20), maxListenPause)
		wait = wait/2 + rand.N(wait/2)
		if errors.Is(err, errLeft) {
			wait = maxListenPause
		}
		p.log().Warn("listening for new messages was cut off, it is taken up again", "folder", name, "err", err, "in", wait.Round(time.Second))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// listen is listenIn over one connection, until it is lost.
func (p *Poller) listen(ctx context.Context, name string, spare bool, wake, beat func()) (err error) {
	if spare {
		var end context.CancelCauseFunc
		ctx, end = context.WithCancelCause(ctx)
		defer end(nil)
		defer func() {
			if errors.Is(context.Cause(ctx), errLeft) {
				err = errLeft
			}
		}()
		defer p.room.lend(end)()
	}
	s, err := p.enter(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if !s.caps.Has(imap.CapIdle) {
		s.logout()
		return ErrNoIdle
	}
	// A dry run's plan: where things are moved to does not matter here.
	plan, err := (&Poller{Mailbox: Mailbox{Folders: []string{name}}, DryRun: true}).plan(s)
	if err != nil {
		return err
	}
	if _, _, err := s.open(plan.folders[0], true); err != nil {
		return err
	}
	wake()
	for ctx.Err() == nil {
		beat()
		if err := s.idle(ctx, wake); err != nil {
			return fail("idle", plan.folders[0].name, err)
		}
	}
	return ctx.Err()
}

// idle gives one IDLE command, from its start to its end; only between these may the
// server be silent.
func (s *session) idle(ctx context.Context, wake func()) error {
	var done, ended func() error
	err := s.do(0, func() error {
		cmd, err := s.client.Idle()
		if err == nil {
			done, ended = cmd.Close, cmd.Wait
		}
		return err
	})
	if err != nil {
		return err
	}
	renew := time.NewTimer(idleRenewal)
	defer renew.Stop()
	for waiting := true; waiting; {
		select {
		case <-s.news:
			wake()
		case <-renew.C:
			waiting = false
		case <-s.client.Closed():
			waiting = false
		case <-ctx.Done():
			waiting = false
		}
	}
	return s.do(0, func() error {
		if err := done(); err != nil {
			return err
		}
		return ended()
	})
}
