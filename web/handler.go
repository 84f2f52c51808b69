package web

import (
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

//go:embed openapi.json
var openAPI []byte

// atOnce is how many requests are answered at the same time; more are turned away.
const atOnce = 32

// A route is one thing to ask for.
type route struct {
	method, path string
	open         bool // needs no token
	writes       bool
	serve        func(h *handler, w http.ResponseWriter, r *http.Request)
}

// routes are all there are; openapi.json describes the same.
var routes = []route{
	{"GET", "/healthz", true, false, (*handler).healthz},
	{"GET", "/readyz", true, false, (*handler).readyz},
	{"GET", "/metrics", false, false, (*handler).metrics},
	{"GET", "/v1/openapi.json", false, false, (*handler).document},
	{"GET", "/v1/contacts/{address}", false, false, (*handler).contact},
	{"POST", "/v1/contacts/check", false, false, (*handler).check},
	{"GET", "/v1/bounces", false, false, (*handler).bounces},
	{"GET", "/v1/events", false, false, (*handler).events},
	{"POST", "/v1/do-not-email/{address}", false, true, (*handler).suppress},
	{"DELETE", "/v1/do-not-email/{address}", false, true, (*handler).release},
}

type handler struct {
	Options
	mux   *http.ServeMux
	token [sha256.Size]byte
	room  chan struct{}
	prom  http.Handler
}

// Handler returns what answers every request.
func Handler(o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &handler{Options: o, mux: http.NewServeMux(), token: sha256.Sum256([]byte(o.Token)), room: make(chan struct{}, atOnce)}
	// One gauge that cannot be read must not hide the others.
	h.prom = promhttp.HandlerFor(o.Metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, DisableCompression: true, MaxRequestsInFlight: 4})
	for _, one := range routes {
		h.mux.HandleFunc(one.method+" "+one.path, func(w http.ResponseWriter, r *http.Request) { h.route(one, w, r) })
	}
	return h
}

// ServeHTTP sets what keeps browsers from doing anything with an answer, and bounds
// how much is done at once.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range map[string]string{
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
	} {
		w.Header().Set(name, value)
	}
	select {
	case h.room <- struct{}{}:
		defer func() { <-h.room }()
	default:
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusServiceUnavailable, "too many requests at once", "ask again in a second")
		return
	}
	// The mux would redirect to the path without "//" and "..", and escape what is escaped
	// already: "lena%2540" is known to nobody and may be written to.
	if asked := r.URL.EscapedPath(); path.Clean(asked) != asked {
		fail(w, http.StatusNotFound, "there is no such thing", `the path must not end in "/" or have "//" or ".." in it`)
		return
	}
	if _, pattern := h.mux.Handler(r); pattern == "" {
		h.nowhere(w, r)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// nowhere answers what no route is for, as the mux does, but in JSON.
func (h *handler) nowhere(w http.ResponseWriter, r *http.Request) {
	dumb := &statusWriter{header: w.Header()}
	h.mux.ServeHTTP(dumb, r)
	if dumb.status == http.StatusMethodNotAllowed {
		fail(w, dumb.status, "this is not how to ask for that", "allowed: "+w.Header().Get("Allow"))
		return
	}
	fail(w, http.StatusNotFound, "there is no such thing", "GET /v1/openapi.json tells what there is")
}

// A statusWriter keeps the status and the header fields of an answer.
type statusWriter struct {
	header http.Header
	status int
}

func (w *statusWriter) Header() http.Header         { return w.header }
func (w *statusWriter) WriteHeader(status int)      { w.status = status }
func (w *statusWriter) Write(b []byte) (int, error) { return len(b), nil }

// route lets a request through that may be answered.
func (h *handler) route(one route, w http.ResponseWriter, r *http.Request) {
	switch {
	case one.open:
	case h.Token != "":
		if !h.authorized(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="bouncehound"`)
			fail(w, http.StatusUnauthorized, "the token is missing or wrong", "send Authorization: Bearer and the token of listen.token_file")
			return
		}
	case !loopback(r.Host):
		fail(w, http.StatusMisdirectedRequest, "this is not the host that was asked for", "ask for 127.0.0.1 or localhost, or set listen.token_file")
		return
	case one.writes:
		fail(w, http.StatusForbidden, "without a token nothing can be changed", "set listen.token_file, or use bouncehound suppress and release")
		return
	}
	one.serve(h, w, r)
}

// authorized compares hashes, which takes the same time whatever was sent.
func (h *handler) authorized(r *http.Request) bool {
	scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	hash := sha256.Sum256([]byte(strings.TrimSpace(sent)))
	return subtle.ConstantTimeCompare(hash[:], h.token[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// loopback says whether the host of a request is this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}

// A failure is what a request gets that was not answered.
type failure struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
}

func fail(w http.ResponseWriter, status int, text, hint string) {
	answer(w, status, failure{text, hint})
}

// broken tells of an error of our own, the text of which is for the log alone.
func (h *handler) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		h.Log.Error("request not answered", "request", r.Pattern, "err", err)
	}
	fail(w, http.StatusInternalServerError, "the store could not be asked", "the log of bouncehound tells why")
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// "<", ">" and "&" are escaped, as is the encoder's habit: text of strangers is no markup
	// even for who takes no notice of the type.
	_ = json.NewEncoder(w).Encode(v) // who does not want the answer any more has gone
}
