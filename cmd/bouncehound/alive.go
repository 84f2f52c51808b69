package main

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// How long a part of the daemon may stand still. Whatever it waits for, another
// server's answer or the disk, has been given up long before by itself.
const (
	stillSweep    = 15 * time.Minute // beyond sweepEvery; each of its transactions is short
	stillSchedule = 2 * time.Minute  // the timer beats every beatEvery
	stillPoll     = 15 * time.Minute // without an octet from the server nor a batch kept
	beatEvery     = 10 * time.Second
)

// A pulse tells whether the daemon's parts live. A part at work owes a beat within a
// time; one that waits for something to do owes none.
type pulse struct {
	mu   sync.Mutex
	owed map[string]time.Time // until when each part must be heard of
}

func newPulse() *pulse { return &pulse{owed: map[string]time.Time{}} }

// owe says that a part lives, and will say so again within a time; 0: it rests.
func (p *pulse) owe(part string, within time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if within == 0 {
		delete(p.owed, part)
		return
	}
	p.owed[part] = time.Now().Add(within)
}

// again is owe of a part that is at work, and nothing of one that rests.
func (p *pulse) again(part string, within time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, works := p.owed[part]; works {
		p.owed[part] = time.Now().Add(within)
	}
}

// late returns the part that is overdue for longest; empty: all live.
func (p *pulse) late() (part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	longest := time.Now()
	for name, until := range p.owed {
		if until.Before(longest) {
			part, longest = name, until
		}
	}
	return part
}

// dial connects, and lets every octet read while the part works be a beat of it.
func (p *pulse) dial(part string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return beatingConn{conn, func() { p.again(part, stillPoll) }}, nil
	}
}

type beatingConn struct {
	net.Conn
	beat func()
}

func (c beatingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.beat()
	}
	return n, err
}

// A watchdog feeds systemd's as long as all parts live and the store answers.
type watchdog struct {
	every  time.Duration // how often it wants to be fed
	answer func(context.Context) error
	pulse  *pulse
	tell   func(state string)
	log    *slog.Logger
}

// run returns when ctx is done.
func (w watchdog) run(ctx context.Context) error {
	if w.every == 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(w.every / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if part := w.pulse.late(); part != "" {
			w.log.Error("a part of the daemon stands still: the watchdog is not fed", "part", part)
			continue
		}
		asked, cancel := context.WithTimeout(ctx, w.every/3)
		err := w.answer(asked)
		cancel()
		switch {
		case err == nil:
			w.tell(daemon.SdNotifyWatchdog)
		case ctx.Err() == nil:
			w.log.Error("the store does not answer: the watchdog is not fed", "err", err)
		}
	}
}

// watchdogEvery returns how often systemd wants to hear that we live; 0: not at all.
func watchdogEvery() time.Duration {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return 0
	}
	return every
}

// notifySystemd tells systemd of a change of state. Where systemd did not start the
// program nobody listens, and that is no error.
func notifySystemd(state string) { _, _ = daemon.SdNotify(false, state) }
