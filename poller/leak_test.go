package poller_test

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/poller/imaptest"
)

// A thousand polls, that succeed, are cut off, or cannot be kept, leave neither goroutines nor
// descriptors behind, over real connections too. (Bubbles look for goroutines in
// every other test.)
func TestNothingLeaks(t *testing.T) {
	server := imaptest.Memory(t)
	sample(server)
	p := plain(newPoller(server, newMemo()), server)
	p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &breaking{Conn: conn, reads: -1, sends: -1, done: make(chan struct{})}, err
	}
	whole := p.Dial
	poll(t, p)
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	for i := range 1000 {
		s := newMemo()
		if i%7 == 1 {
			s.fail = func([]bouncehound.Judged) error { return errors.New("disk full") }
		}
		p.Store, p.Handle = s, s.handle
		p.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := whole(ctx, network, addr)
			if b, ok := conn.(*breaking); ok && i%3 != 0 {
				b.reads, b.sends = 13*(i%400), -1
			}
			return conn, err
		}
		if _, err := p.Poll(t.Context()); err != nil && i%3 == 0 && s.fail == nil {
			t.Fatal(err)
		}
	}
	// The server's side ends when it notices, which it need not have yet.
	gone := func() error {
		if n := runtime.NumGoroutine(); n > goroutines+2 {
			return errors.New("goroutines are left")
		}
		if n := openDescriptors(t); n > descriptors+2 {
			return errors.New("descriptors are left")
		}
		return nil
	}
	deadline := time.Now().Add(10 * time.Second)
	for gone() != nil && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if err := gone(); err != nil {
		stacks := make([]byte, 1<<16)
		t.Errorf("%v: %d goroutines, were %d; %d descriptors, were %d\n%s", err, runtime.NumGoroutine(), goroutines,
			openDescriptors(t), descriptors, stacks[:runtime.Stack(stacks, true)])
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not tell which descriptors are open")
	}
	return len(entries)
}
