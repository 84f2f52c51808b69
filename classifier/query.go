package classifier

import (
	"strings"
	"sync"

	"bouncehound"
)

// A query is one recipient made ready for the rules.
type query struct {
	action     bouncehound.Action
	diagnostic string // as reported
	text       []byte // the diagnostic, normalised
	status     status
	statusCode string // as reported or found in the diagnostic
	reply      int
	host       string // the server that spoke, lower case, without a final dot
}

// maxDiagnostic bounds what is looked at of a diagnostic, in bytes. Servers say
// what is the matter at the beginning.
const maxDiagnostic = 8 << 10

var queries = sync.Pool{New: func() any { return &query{text: make([]byte, 0, 1024)} }}

func newQuery(r bouncehound.Recipient) *query {
	q := queries.Get().(*query)
	q.action, q.diagnostic = r.Action, r.Diagnostic
	q.statusCode, q.reply = r.Status, r.Reply
	if q.statusCode == "" || q.reply == 0 {
		reply, code := bouncehound.Codes(r.Diagnostic)
		if q.statusCode == "" {
			q.statusCode = code
		}
		if q.reply == 0 {
			q.reply = reply
		}
	}
	q.status = parseStatus(q.statusCode)
	q.host = strings.ToLower(strings.TrimSuffix(r.RemoteMTA, "."))
	if len(q.diagnostic) > maxDiagnostic {
		q.diagnostic = q.diagnostic[:maxDiagnostic]
	}
	q.text = normalise(q.text[:0], q.diagnostic, q.reply)
	return q
}

func (q *query) free() {
	q.diagnostic, q.statusCode, q.host = "", "", ""
	queries.Put(q)
}

func (q *query) statusText() string { return q.statusCode }

// original returns the part of the diagnostic that text[start:stop] was made of,
// in the server's own spelling where it can be found again.
func (q *query) original(start, stop int) string {
	part := string(q.text[start:stop])
	if i := indexFold(q.diagnostic, part); i >= 0 {
		return strings.Clone(q.diagnostic[i : i+len(part)])
	}
	return part
}

// indexFold is strings.Index with the ASCII letters of s taken as lower case.
func indexFold(s, lower string) int {
next:
	for i := 0; i+len(lower) <= len(s); i++ {
		for j := range len(lower) {
			c := s[i+j]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			if c != lower[j] {
				continue next
			}
		}
		return i
	}
	return -1
}

// eachSuffix calls visit with a host name and each domain above it.
func eachSuffix(host string, visit func(string)) {
	for host != "" {
		visit(host)
		_, after, ok := strings.Cut(host, ".")
		if !ok {
			return
		}
		host = after
	}
}
