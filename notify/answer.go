package notify

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An outcome is what came of one attempt.
type outcome struct {
	fate  fate
	after time.Duration // held: the endpoint asked to be left alone for so long; 0: it did not
	err   error         // why, unless it was taken; no secret and no address in it
}

type fate int

const (
	held    fate = iota // down, or we are shut out: try again later
	taken               // done
	refused             // this event was refused: set it aside and go on
	gone                // the endpoint wants no more: pause
	aborted             // we were told to stop while waiting: it is not known
	skipped             // the format cannot say it: nothing was sent, go on
)

// fateOf says what a status means for the event. What is not named is held, so
// that a wrong secret or a wrong path does not drain the log.
func fateOf(status int) fate {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return refused
	case http.StatusGone:
		return gone
	}
	if status >= 200 && status < 300 {
		return taken
	}
	return held
}

const (
	maxAnswer     = 64 << 10       // octets of an answer that are read
	maxRetryAfter = 24 * time.Hour // longer waits are cut to this
	maxExcerpt    = 200            // characters of an answer that are kept
	maxError      = 300            // characters of an error that are kept
)

// judge reads an answer and says what it means.
func (s *Sender) judge(resp *http.Response) outcome {
	defer resp.Body.Close()
	// The status has decided; an answer that breaks off only says less.
	var text []byte
	if resp.StatusCode != http.StatusSwitchingProtocols { // its body is the connection, which no timeout ends
		text, _ = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	}
	o := outcome{fate: fateOf(resp.StatusCode)}
	if o.fate == taken {
		return o
	}
	why := "answered " + strconv.Itoa(resp.StatusCode)
	if name := http.StatusText(resp.StatusCode); name != "" {
		why += " " + name
	}
	if o.fate == held && resp.StatusCode/100 == 3 {
		why += " (redirects are not followed: configure the address it moved to)"
	}
	if said := s.excerpt(resp.Header, text); said != "" {
		why += ": " + said
	}
	o.err = errors.New(why)
	if o.fate == held {
		o.after = retryAfter(resp.Header, time.Now())
	}
	return o
}

// retryAfter reads Retry-After (RFC 9110 section 10.2.3), seconds or a date. It
// returns from one second to maxRetryAfter, or 0 if the field says nothing useful.
func retryAfter(h http.Header, now time.Time) time.Duration {
	field := strings.TrimSpace(h.Get("Retry-After"))
	seconds, err := strconv.ParseUint(field, 10, 31)
	switch {
	case err == nil:
		return min(max(time.Duration(seconds)*time.Second, time.Second), maxRetryAfter)
	case errors.Is(err, strconv.ErrRange):
		return maxRetryAfter
	}
	at, err := http.ParseTime(field)
	if err != nil {
		return 0
	}
	// The date is by the server's clock, which may be wrong as it likes.
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	if wait := at.Sub(now); wait > 0 {
		return min(max(wait, time.Second), maxRetryAfter)
	}
	return 0
}

// excerpt returns the beginning of an answer's text, fit for people. Web pages, as
// proxies send them, say nothing that the status does not; what is compressed, though
// it was not asked for, says nothing either.
func (s *Sender) excerpt(h http.Header, text []byte) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "text/plain" && kind != "application/json" && kind != "application/problem+json" {
		return ""
	}
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return ""
	}
	return s.fit(string(text), maxExcerpt)
}
