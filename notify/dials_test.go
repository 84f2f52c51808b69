package notify

import (
	"context"
	"net"
	"testing"
)

// TestDialer: one connection too many ends the oldest, one too many of an attempt is
// not opened, and in the end none is left.
func TestDialer(t *testing.T) {
	ended := make(chan int, 100)
	d, n := newDialer(), 0
	d.dial = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		n++
		go func(n int) {
			_, _ = theirs.Read(make([]byte, 1)) // returns when the other side is closed
			ended <- n
		}(n)
		return ours, nil
	}
	dial := func(ctx context.Context) net.Conn {
		t.Helper()
		conn, err := d.connect(ctx, "tcp", "crm.example.com:443")
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	attempt := sparing(t.Context())
	for range mostDials {
		dial(attempt)
	}
	if _, err := d.connect(attempt, "tcp", "crm.example.com:443"); err == nil || n != mostDials {
		t.Errorf("%d connections in one attempt, %v", n, err)
	}
	last := dial(sparing(t.Context()))
	if got := <-ended; got != 1 {
		t.Errorf("connection %d was ended", got)
	}
	if err := last.Close(); err != nil {
		t.Error(err)
	}
	if got := <-ended; got != n {
		t.Errorf("connection %d ended", got)
	}
	dial(t.Context()) // there is room for it
	d.hangUp()
	for range mostOpen {
		<-ended
	}
	if len(d.open) != 0 {
		t.Errorf("%d left", len(d.open))
	}
}
