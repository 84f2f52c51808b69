package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"bouncehound"
)

const (
	maxCheck   = 10_000 // addresses
	maxBody    = 4 << 20
	maxAddress = 1000 // octets; RFC 5321 allows 320
	pageSize   = 100
	maxPage    = 1000
)

func (h *handler) contact(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); !ok {
		return
	}
	address := r.PathValue("address")
	history, ok, err := h.Store.Contact(r.Context(), address)
	switch {
	case err != nil:
		h.broken(w, r, err)
	case !ok && !bouncehound.IsAddress(address):
		fail(w, http.StatusBadRequest, "this is no address", "give the bare address, percent-encoded once")
	case !ok:
		fail(w, http.StatusNotFound, "nothing is known of this address", "it may be written to: no bounce and no person says otherwise")
	default:
		if history.Changes == nil {
			history.Changes = []bouncehound.Change{}
		}
		if history.Bounces == nil {
			history.Bounces = []bouncehound.Bounce{}
		}
		answer(w, http.StatusOK, history)
	}
}

func (h *handler) check(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Addresses []string `json:"addresses"`
	}
	if _, ok := query(w, r); !ok || !body(w, r, &asked, true) {
		return
	}
	if asked.Addresses == nil {
		fail(w, http.StatusBadRequest, "the body names no addresses", `send {"addresses":[…]}, or an empty list`)
		return
	}
	if len(asked.Addresses) > maxCheck {
		fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d addresses", maxCheck), "ask in parts")
		return
	}
	checked, err := h.Store.Check(r.Context(), asked.Addresses)
	if err != nil {
		h.broken(w, r, err)
		return
	}
	if checked == nil {
		checked = []Checked{}
	}
	answer(w, http.StatusOK, struct {
		Contacts []Checked `json:"contacts"`
	}{checked})
}

func (h *handler) bounces(w http.ResponseWriter, r *http.Request) {
	q, ok := query(w, r, "after", "limit")
	if !ok {
		return
	}
	bounces, next, err := h.Store.Bounces(r.Context(), q.after, q.limit)
	switch {
	case errors.Is(err, ErrGone):
		fail(w, http.StatusGone, err.Error(), "go on without after")
		return
	case err != nil:
		h.broken(w, r, err)
		return
	}
	if bounces == nil {
		bounces = []bouncehound.Bounce{}
	}
	answer(w, http.StatusOK, struct {
		Bounces []bouncehound.Bounce `json:"bounces"`
		Next    int64                `json:"next"`
	}{bounces, next})
}

// An event has the body of a webhook, and what its headers tell.
type event struct {
	ID        string                `json:"id"`
	Sequence  int64                 `json:"sequence"`
	Type      bouncehound.EventType `json:"type"`
	Timestamp time.Time             `json:"timestamp"`
	Data      json.RawMessage       `json:"data"`
}

func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	q, ok := query(w, r, "after", "limit", "type")
	if !ok {
		return
	}
	found, next, err := h.Store.Events(r.Context(), q.after, q.types, q.limit)
	switch {
	case errors.Is(err, ErrGone):
		fail(w, http.StatusGone, err.Error(), "take the standings from an export or POST /v1/contacts/check, then go on without after")
		return
	case err != nil:
		h.broken(w, r, err)
		return
	}
	events := make([]event, len(found))
	for i, e := range found {
		events[i] = event{e.ID, e.Sequence, e.Type, e.At.UTC(), e.Data}
	}
	answer(w, http.StatusOK, struct {
		Events []event `json:"events"`
		Next   int64   `json:"next"`
	}{events, next})
}

// asked is what the query of a request says.
type asked struct {
	after int64
	limit int
	types []bouncehound.EventType
	force bool
}

// eventTypes are the types that are stored.
var eventTypes = []bouncehound.EventType{
	bouncehound.BounceRecorded, bouncehound.ContactWatch, bouncehound.ContactDoNotEmail, bouncehound.ContactReleased, bouncehound.ContactOK,
	bouncehound.MailboxFailing, bouncehound.WebhookFailing, bouncehound.BlockedSender,
}

// query reads the parameters that are known. Others are refused: a misspelt one would
// silently give something else.
func query(w http.ResponseWriter, r *http.Request, known ...string) (q asked, ok bool) {
	q.limit = pageSize
	refuse := func(format string, args ...any) (asked, bool) {
		fail(w, http.StatusBadRequest, fmt.Sprintf(format, args...), "GET /v1/openapi.json tells what can be asked for")
		return q, false
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse("the query cannot be read")
	}
	for name, all := range values {
		if !slices.Contains(known, name) {
			return refuse("a parameter that is not known")
		}
		for _, v := range all {
			switch name {
			case "after":
				q.after, err = strconv.ParseInt(v, 10, 64)
				if err != nil || q.after < 0 {
					return refuse("after is no number of an event or a bounce")
				}
			case "limit":
				q.limit, err = strconv.Atoi(v)
				if err != nil || q.limit < 1 || q.limit > maxPage {
					return refuse("limit is no number between 1 and %d", maxPage)
				}
			case "type":
				if !slices.Contains(eventTypes, bouncehound.EventType(v)) {
					return refuse("a type that no event has")
				}
				q.types = append(q.types, bouncehound.EventType(v))
			case "force":
				if q.force, err = strconv.ParseBool(v); err != nil {
					return refuse("force is neither true nor false")
				}
			}
		}
	}
	return q, true
}

// body reads a JSON object, strictly and no more than is allowed. An empty body is one
// without keys, unless it must hold something.
func body(w http.ResponseWriter, r *http.Request, into any, must bool) bool {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d octets", maxBody), "ask in parts")
		} else {
			fail(w, http.StatusBadRequest, "the body did not come", "")
		}
		return false
	}
	if len(data) == 0 && !must {
		return true
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, "the body is not said to be JSON", "send Content-Type: application/json")
		return false
	}
	if err := decode(data, into); err != nil {
		fail(w, http.StatusBadRequest, "the body is no such JSON object", "GET /v1/openapi.json tells which")
		return false
	}
	return true
}
