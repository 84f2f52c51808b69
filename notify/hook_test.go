package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bouncehound"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	secretA = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh" // 24 times "a"
	secretB = "whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJi"
)

// A hook stands in for an endpoint and its network. It checks the signature of
// every request as a receiver would, keeps what it took, and answers as told.
type hook struct {
	t      *testing.T
	mu     sync.Mutex
	answer func(r *http.Request) (*http.Response, error) // nil: 200
	calls  []call                                        // in the order of their arrival
}

// set changes the answers while a sender is running.
func (h *hook) set(answer func(r *http.Request) (*http.Response, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

// A call is one request.
type call struct {
	at    time.Time
	id    string
	body  string
	h     http.Header
	took  bool // answered 2xx
	where string
}

func (h *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	if err := verify(secretA, body, r.Header); err != nil {
		h.t.Errorf("signature: %v", err)
	}
	c := call{at: time.Now(), id: r.Header.Get("webhook-id"), body: string(body), h: r.Header, where: r.URL.String()}
	h.mu.Lock()
	h.calls = append(h.calls, c)
	at, answer := len(h.calls)-1, h.answer
	h.mu.Unlock()
	resp, err := reply(200), error(nil)
	if answer != nil {
		resp, err = answer(r)
	}
	if err == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls[at].took = resp.StatusCode/100 == 2
		resp.Request = r
	}
	return resp, err
}

// verify asks the library, and does the sum of Standard Webhooks itself as well.
func verify(secret string, body []byte, h http.Header) error {
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	if err := wh.Verify(body, h); err != nil {
		return err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	sum := hmac.New(sha256.New, key)
	fmt.Fprintf(sum, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	want := "v1," + base64.StdEncoding.EncodeToString(sum.Sum(nil))
	if !slices.Contains(strings.Fields(h.Get("webhook-signature")), want) {
		return errors.New("the signature is not the HMAC-SHA256 of id.timestamp.body")
	}
	return nil
}

// took returns the ids of what the endpoint took, in order.
func (h *hook) took() (ids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.calls {
		if c.took {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// reply makes an answer; fields are names and values of its header.
func reply(status int, fields ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

// always answers every request alike.
func always(status int, fields ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return reply(status, fields...), nil }
}

// hangs takes a request and never answers.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// crm is the endpoint of most tests.
func crm() Endpoint {
	return Endpoint{Name: "crm", URL: "https://crm.example.com/hooks?token=verysecret", Secrets: []string{secretA}, Start: bouncehound.StartBeginning}
}

func newTestSender(t *testing.T, e Endpoint, log Log, network http.RoundTripper) *Sender {
	t.Helper()
	s, err := New(e, log, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.client.Transport = network
	return s
}

// runFor runs a sender for some time and then ends it as a SIGTERM would.
func runFor(t *testing.T, s *Sender, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := s.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// background runs a sender until the test calls stop.
func background(t *testing.T, s *Sender) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func wantIDs(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the endpoint took\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// dataOf returns the data of a body, failing the test if the body is not of the
// three keys.
func dataOf(t *testing.T, body string) (kind, timestamp, data string) {
	t.Helper()
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &keys); err != nil || len(keys) != 3 {
		t.Fatalf("body %s: %v", body, err)
	}
	err := errors.Join(json.Unmarshal(keys["type"], &kind), json.Unmarshal(keys["timestamp"], &timestamp))
	if err != nil {
		t.Fatalf("body %s: %v", body, err)
	}
	return kind, timestamp, string(keys["data"])
}
