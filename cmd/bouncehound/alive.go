package main

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// How long a part of the daemon may stand still. Whatever it waits for, another
// server's answer or the disk, has been given up long before by itself.
const (
	stillStore    = 15 * time.Minute // the watch, the sweep and retention: each of their transactions is short
	stillExport   = 15 * time.Minute // without a piece of a file written
	stillListen   = 30 * time.Minute // an IDLE lasts 9 minutes, the longest pause 10
	stillSchedule = 2 * time.Minute  // the timer beats every beatEvery
	stillPoll     = 15 * time.Minute // without an octet from the server nor a batch kept
	beatEvery     = 10 * time.Second
	lookEvery     = 30 * time.Second // where systemd does not say how often
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

// rest says that the parts whose names begin so rest.
func (p *pulse) rest(prefix string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.owed, func(part string, _ time.Time) bool { return strings.HasPrefix(part, prefix) })
}

// late returns the parts that are overdue, by name; none: all live.
func (p *pulse) late() (parts []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for name, until := range p.owed {
		if until.Before(now) {
			parts = append(parts, name)
		}
	}
	slices.Sort(parts)
	return parts
}

// dial connects for a poll, of which every octet read is a beat, or to listen.
func (p *pulse) dial(part string, within time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil || ctx.Value(atWork{}) == nil {
			return conn, err
		}
		return beatingConn{conn, func() { p.again(part, within) }}, nil
	}
}

// A beatingWriter lets each piece written be a beat.
type beatingWriter struct {
	io.Writer
	beat func()
}

func (w beatingWriter) Write(b []byte) (int, error) {
	defer w.beat()
	return w.Writer.Write(b)
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
	every  time.Duration // how often it wants to be fed; 0: not at all
	answer func(context.Context) error
	pulse  *pulse
	tell   func(state string)
	log    *slog.Logger
}

// run returns when ctx is done. Where nobody wants to be fed it looks, and says what
// stands still, all the same.
func (w watchdog) run(ctx context.Context) error {
	look := w.every / 3
	if w.every == 0 {
		look = lookEvery
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if parts := strings.Join(w.pulse.late(), ", "); parts != "" {
			w.log.Error("a part of the daemon stands still: the watchdog is not fed", "part", parts)
			w.tell("STATUS=stands still: " + parts)
			continue
		}
		asked, cancel := context.WithTimeout(ctx, look)
		err := w.answer(asked)
		cancel()
		switch {
		case err == nil && w.every > 0:
			w.tell(daemon.SdNotifyWatchdog)
		case err != nil && ctx.Err() == nil:
			w.log.Error("the store does not answer: the watchdog is not fed", "err", err)
			w.tell("STATUS=the store does not answer")
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

// notifySystemd is tellSystemd of what is not worth much waiting.
func notifySystemd(state string) { tellSystemd(state, 3*time.Second) }

// tellSystemd tells systemd of a change of state (sd_notify(3)). Where systemd did not
// start the program nobody listens, and that is no error. One who listens and reads
// nothing, as a supervisor that hangs, is waited for no longer than limit: go-systemd's
// SdNotify would wait for ever, and every poll with it.
func tellSystemd(state string, limit time.Duration) {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	if conn.SetWriteDeadline(time.Now().Add(limit)) == nil {
		_, _ = conn.Write([]byte(state))
	}
}
