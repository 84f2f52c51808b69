package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A demoReceiver is a webhook endpoint on loopback that checks each signature by
// the Standard Webhooks specification, on its own: not with the library that the
// sender signs with.
type demoReceiver struct {
	address string
	secret  string // whsec_…
	key     []byte
	server  *http.Server
	take    func(id string, body []byte) // what to do with a webhook whose signature is valid; nil: nothing
	answer  func() int                   // the status to answer a valid one with; nil: 200

	mu           sync.Mutex
	got, invalid int
}

func startDemoReceiver() (*demoReceiver, error) {
	r := &demoReceiver{key: make([]byte, 24)}
	if _, err := rand.Read(r.key); err != nil {
		return nil, err
	}
	r.secret = "whsec_" + base64.StdEncoding.EncodeToString(r.key)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r.address = ln.Addr().String()
	r.server = &http.Server{Handler: r, ReadTimeout: 10 * time.Second}
	go func() { _ = r.server.Serve(ln) }() // returns when close is called
	return r, nil
}

func (r *demoReceiver) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = r.server.Shutdown(ctx) // the program ends anyway
}

func (r *demoReceiver) counts() (got, invalid int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got, r.invalid
}

func (r *demoReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	valid := err == nil && r.signed(req.Header, body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got++
	if !valid {
		r.invalid++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.answer != nil {
		if status := r.answer(); status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	if r.take != nil {
		r.take(req.Header.Get("webhook-id"), body)
	}
}

// signed reports whether one of the signatures is the HMAC-SHA256 of
// "id.timestamp.body".
func (r *demoReceiver) signed(h http.Header, body []byte) bool {
	mac := hmac.New(sha256.New, r.key)
	fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for signature := range strings.FieldsSeq(h.Get("webhook-signature")) {
		if hmac.Equal([]byte(signature), []byte(want)) {
			return true
		}
	}
	return false
}
