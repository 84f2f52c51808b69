package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A week on HTTP itself, over pipes: a receiver that fails, hangs, answers 429 with
// Retry-After, 410 until somebody resumes it, 400 once, and dies in the middle of a
// request and of an answer, each on a day of its own. Everything arrives, in order,
// under the same ids and bodies; and the endpoint beside it has every event within a
// second, the whole week.
func TestWeekOverPipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		dayNow := func() int { return int(time.Since(begun) / day) }
		bad, good := &pipeServer{t: t}, &pipeServer{t: t}
		refused := ""
		attempts := map[int][]time.Duration{} // by day, into the day
		bad.handle = func(w http.ResponseWriter, r *http.Request, id string, body []byte) {
			attempts[dayNow()] = append(attempts[dayNow()], time.Since(begun)%day)
			switch dayNow() {
			case 0:
				if time.Since(begun) < 12*time.Hour {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
			case 1: // hangs, now before the header of the answer and now within its body
				if time.Since(begun)%day < 6*time.Hour {
					w.Header().Set("Content-Length", "100")
					if len(attempts[1])%2 == 0 {
						w.WriteHeader(http.StatusServiceUnavailable)
						_, _ = w.Write([]byte("some")) // nobody may be there
						w.(http.Flusher).Flush()
					}
					<-r.Context().Done()
					return
				}
			case 2:
				if time.Since(begun)%day < 12*time.Hour {
					w.Header().Set("Retry-After", "43200")
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
			case 3:
				if time.Since(begun)%day < 6*time.Hour {
					w.WriteHeader(http.StatusGone)
					return
				}
			case 4:
				if refused == "" {
					refused = id
					http.Error(w, "not this one", http.StatusBadRequest)
					return
				}
			case 5: // it keeps the event and dies in the middle of its answer, or keeps nothing and dies
				if n := len(attempts[5]); n < 8 {
					if n%2 == 0 {
						bad.took(id, body)
					}
					conn, _, err := w.(http.Hijacker).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					fmt.Fprint(conn, "HTTP/1.1 20") // it is closed next
					conn.Close()
					return
				}
			}
			bad.took(id, body)
			w.WriteHeader(http.StatusNoContent)
		}
		good.handle = func(w http.ResponseWriter, _ *http.Request, id string, body []byte) {
			good.took(id, body)
			w.WriteHeader(http.StatusNoContent)
		}
		events := &memory{}
		slow, quick := crm(), crm()
		slow.URL, quick.URL, quick.Name = "http://127.0.0.1/hooks", "http://127.0.0.1/hooks", "quick"
		slowSender, quickSender := newTestSender(t, slow, events, bad.transport()), newTestSender(t, quick, events, good.transport())
		stopSlow, stopQuick := background(t, slowSender), background(t, quickSender)

		var ids []string
		for hour := range 7 * 24 {
			ids = append(ids, events.add(fmt.Sprintf("c%d@example.com", hour%20))...)
			slowSender.Wake()
			quickSender.Wake()
			time.Sleep(time.Second)
			if got := good.ids(); len(got) != len(ids) {
				t.Errorf("hour %d: the other endpoint has %d of %d events", hour, len(got), len(ids))
			}
			if hour == 3*24+9 { // somebody looks after it
				if c := events.cursor("crm"); !c.Paused {
					t.Errorf("cursor %+v after a 410", c)
				}
				if _, err := slowSender.Resume(t.Context()); err != nil {
					t.Error(err)
				}
				slowSender.Wake()
			}
			time.Sleep(time.Hour - time.Second)
		}
		stopSlow()
		stopQuick()
		bad.close()
		good.close()

		wantIDs(t, good.ids(), ids)
		var want []string
		for _, id := range ids {
			if id != refused {
				want = append(want, id)
			}
		}
		wantIDs(t, firsts(bad.ids()), want)
		if refused == "" || len(events.letters) != 1 || events.letters[0].Event.ID != refused || !strings.Contains(events.letters[0].Error, "not this one") {
			t.Errorf("dead letters %+v", events.letters)
		}
		if n := len(bad.ids()) - len(want); n != 3 {
			t.Errorf("%d events came twice, want those of which it died before it could answer", n)
		}
		// Of what it asked for: one attempt, and then none for twelve hours; one 410, and then none.
		if a := attempts[2]; len(a) < 2 || a[1]-a[0] < 12*time.Hour {
			t.Errorf("Retry-After: attempts at %v", a)
		}
		if a := attempts[3]; len(a) < 2 || a[1] < 9*time.Hour {
			t.Errorf("410: attempts at %v", a)
		}
	})
}

// firsts leaves out what came before.
func firsts(ids []string) (first []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			first = append(first, id)
		}
		seen[id] = true
	}
	return first
}

// A pipeServer is an HTTP server that is reached over pipes. It checks the signature of
// every request.
type pipeServer struct {
	t      *testing.T
	handle func(w http.ResponseWriter, r *http.Request, id string, body []byte)

	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
	mu     sync.Mutex
	order  []string
	bodies map[string]string
}

// transport is a client's way to it.
func (p *pipeServer) transport() http.RoundTripper {
	p.conns, p.closed, p.bodies = make(chan net.Conn), make(chan struct{}), map[string]string{}
	p.server = &http.Server{Handler: p, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = p.server.Serve(p) }() // returns when close is called
	client := newClient(newDialer()).Transport.(*http.Transport)
	client.Proxy = nil
	client.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case p.conns <- theirs:
			return ours, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return client
}

func (p *pipeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Error(err)
	}
	if err := verify(secretA, body, r.Header); err != nil {
		p.t.Errorf("signature: %v", err)
	}
	p.handle(w, r, r.Header.Get("webhook-id"), body)
}

func (p *pipeServer) took(id string, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if before, ok := p.bodies[id]; ok && before != string(body) {
		p.t.Errorf("%s came with two bodies", id)
	}
	p.bodies[id] = string(bytes.Clone(body))
	p.order = append(p.order, id)
}

func (p *pipeServer) ids() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.order...)
}

func (p *pipeServer) close() {
	if err := p.server.Close(); err != nil {
		p.t.Error(err)
	}
}

// Accept, Close and Addr make it the listener of its own server.
func (p *pipeServer) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, errors.New("closed")
	}
}

func (p *pipeServer) Close() error {
	close(p.closed)
	return nil
}

func (p *pipeServer) Addr() net.Addr { return &net.TCPAddr{} }
