package classifier

import (
	"bytes"
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
	says       saying // what the text speaks of besides the recipient
	elsewhere  bool   // names another host than the recipient's domain as not found

	found []finding // the phrases in the text
	seen  []uint32  // by the index of a phrase: the round in which it was last seen
	tried []uint32  // the same, of a phrase of several parts: in which it was last looked for
	round uint32
}

// A finding is a phrase and where it stands in the text.
type finding struct {
	phrase      int32
	start, stop int
	url         bool // it stands in a URL
}

func (q *query) has(p *phrase) bool { return q.seen[p.index] == q.round }

func (q *query) hasAny(list []*phrase) bool {
	for _, p := range list {
		if q.has(p) {
			return true
		}
	}
	return false
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
	q.text = afterPreamble(q.text)
	q.elsewhere = q.namesOtherHost(r)
	return q
}

// preambles are words of reporting servers after which they quote the refusing
// one. What stands before is not evidence.
//
// QUIRK: Gmail introduces whatever was said with "rejected by the recipient
// domain", be it a full mailbox or a block list.
var preambles = [][]byte{
	[]byte("the error that the other server returned was: "),
	[]byte("the response from the remote server was: "),
	[]byte("the response was: "),
}

func afterPreamble(text []byte) []byte {
	for _, p := range preambles {
		if i := bytes.Index(text, p); i >= 0 && i+len(p)+3 < len(text) {
			return append(text[:0], text[i+len(p):]...)
		}
	}
	return text
}

// isLoginReply says whether code is a reply of RFC 4954 section 6, which refuses a
// login.
func isLoginReply(code int) bool { return code >= 530 && code <= 538 }

// temporary says whether the codes do: the reply code, else the enhanced code.
func (q *query) temporary() bool {
	if q.reply > 0 {
		return q.reply/100 == 4
	}
	return q.status[0] == 4
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
