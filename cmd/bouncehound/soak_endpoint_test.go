package main

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// A soakEndpoint is a webhook endpoint that can be in trouble. It keeps the ids of the
// events in the order of their first arrival.
type soakEndpoint struct {
	demoReceiver
	t testing.TB

	mu         sync.Mutex
	trouble    string // "refuse", "drop" or "silent"; empty: none
	over       chan struct{}
	seen       map[string]bool
	firsts     []string
	arrivals   int
	turnedAway int
}

func newSoakEndpoint(t testing.TB) *soakEndpoint {
	t.Helper()
	demo, err := startDemoReceiver()
	if err != nil {
		t.Fatal(err)
	}
	demo.close() // its address and its key are wanted
	e := &soakEndpoint{t: t, seen: map[string]bool{}, over: make(chan struct{})}
	e.secret, e.key = demo.secret, demo.key
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e.address = ln.Addr().String()
	server := &http.Server{Handler: e}
	go func() { _ = server.Serve(ln) }() // returns when it is closed
	t.Cleanup(func() { server.Close() })
	return e
}

// turn begins another trouble, or none.
func (e *soakEndpoint) turn(trouble string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trouble = trouble
	close(e.over)
	e.over = make(chan struct{})
}

func (e *soakEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	e.mu.Lock()
	trouble, over := e.trouble, e.over
	if trouble != "" {
		e.turnedAway++
	}
	e.mu.Unlock()
	switch trouble {
	case "refuse":
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case "drop":
		panic(http.ErrAbortHandler)
	case "silent":
		select {
		case <-over:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}
	if err != nil || !e.signed(r.Header, body) {
		e.t.Errorf("a webhook without a valid signature: %v", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.arrivals++
	if id := r.Header.Get("webhook-id"); !e.seen[id] {
		e.seen[id] = true
		e.firsts = append(e.firsts, id)
	}
}
