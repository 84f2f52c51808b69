package parser

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"sync"
	"unsafe"

	"bouncehound"
)

// Bounds on what is read of any one message. What lies beyond is left out and
// noted: a report says what it has to say early.
const (
	maxMessage = 20 << 20 // bytes
	maxFields  = 2000     // header fields of all parts together
	maxValue   = 64 << 10 // bytes of one header field
	maxDepth   = 64       // multiparts within multiparts
	maxParts   = 1000
	maxText    = 512 << 10 // bytes of one part that are decoded
)

// A message is a mail taken apart once, for every format to look at. What takes
// work (decoding, words, the returned message) is done when first asked for.
type message struct {
	raw    string // with \n line ends
	parts  []part // in the order of the text; parts[0] is the message as a whole
	fields []field
	inner  []field // of headers within texts: see headerOf
	notes  []string

	epilogue string // what stands behind the end of the last part: nothing, as a rule

	words     string // see text
	quoted    string // the header of a message returned inside the words
	wordsRead bool

	returned     header // see returnedHeader
	returnedRead bool

	strange []string // see strangers

	decodedSubject string // see subject
	subjectRead    bool
	subjectKinds   int8 // see subjectIs
	daemon         int8 // see fromDaemon: 0 not looked at, 1 yes, -1 no

	like int8 // see looksLikeReport: 0 not looked at, 1 yes, -1 no

	work int // bytes looked at, for the test that says work grows as the message does

	within bool // this is a report that came in another one: see wrapped
}

func readMessage(raw []byte) *message {
	m := messages.Get().(*message)
	if len(raw) > maxMessage {
		raw = raw[:maxMessage]
		m.note("read only the first 20 MB")
	}
	raw = bouncehound.WithoutFromLine(bytes.TrimLeft(raw, "\r\n"))
	m.raw = withLineFeeds(bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\ufeff")), "\r\n")) // a mark that editors set
	m.split()
	if m.header().has("X-MS-Journal-Report") {
		m.openJournal()
	}
	return m
}

// openJournal puts the message that a journal report of Exchange holds in the place of the
// report, which is a copy made by a machine: it says what the message says, and no more.
func (m *message) openJournal() {
	for i := range m.parts {
		p := &m.parts[i]
		if i == 0 || p.mediaType != "message/rfc822" {
			continue
		}
		text := p.body
		if !isPlain(p) {
			text = m.decode(p)
		}
		m.raw, m.epilogue = strings.TrimLeft(text, "\n"), ""
		m.parts, m.fields = m.parts[:0], m.fields[:0]
		m.split()
		m.note("read from a journal report")
		return
	}
}

// messages are those read before, for the room of their lists: what a report says are
// strings, which have their own.
var messages = sync.Pool{New: func() any {
	return &message{fields: make([]field, 0, 96), parts: make([]part, 0, 12), inner: make([]field, 0, 48)}
}}

// release gives up a message, with its headers. It keeps the room of a usual one.
func (m *message) release() {
	clear(m.fields)
	clear(m.parts)
	clear(m.inner[:cap(m.inner)])
	if cap(m.fields) <= 400 && cap(m.parts) <= 100 {
		*m = message{fields: m.fields[:0], parts: m.parts[:0], inner: m.inner[:0]}
		messages.Put(m)
	}
}

// withLineFeeds returns raw with every line end (LF, CRLF, CR alone) as LF and
// without NULs. QUIRK: lines that end in CR CR LF come from relays that translate
// twice.
func withLineFeeds(raw []byte) string {
	if bytes.IndexByte(raw, 0) >= 0 {
		raw = bytes.ReplaceAll(raw, []byte{0}, nil)
	}
	if bytes.IndexByte(raw, '\r') < 0 {
		return string(raw)
	}
	// Eight bytes at a time: a line is short, and finding its end would cost more than
	// copying it does.
	out := make([]byte, len(raw)+8)
	n := 0
	for i := 0; i < len(raw); {
		if i+8 <= len(raw) {
			eight := binary.LittleEndian.Uint64(raw[i:])
			binary.LittleEndian.PutUint64(out[n:], eight)
			returns := eight ^ 0x0d0d0d0d0d0d0d0d // zero where there is a CR
			found := (returns - 0x0101010101010101) &^ returns & 0x8080808080808080
			if found == 0 {
				i, n = i+8, n+8
				continue
			}
			before := bits.TrailingZeros64(found) / 8
			i, n = i+before, n+before
		} else if raw[i] != '\r' {
			out[n] = raw[i]
			i, n = i+1, n+1
			continue
		}
		out[n] = '\n'
		i, n = i+1, n+1
		if i+1 < len(raw) && raw[i] == '\r' && raw[i+1] == '\n' {
			i++
		}
		if i < len(raw) && raw[i] == '\n' {
			i++
		}
	}
	return given(out[:n])
}

// given returns bytes as a string without copying them. They must not change any more.
func given(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// header returns the header of the message itself.
func (m *message) header() header { return m.parts[0].header }

// subject returns the decoded subject of the message, which many formats ask for, without
// the marks of gateways before it.
func (m *message) subject() string {
	if !m.subjectRead {
		m.subjectRead = true
		m.decodedSubject = withoutMark(m.header().words("Subject"))
	}
	return m.decodedSubject
}

// What a subject may be by its words.
const (
	bounceSubject int8 = 1 << iota
	autoSubject
	kindsKnown
)

// subjectIs says whether the words of the subject are those of a report, or of an automatic
// reply. The words are many, and many formats ask.
func (m *message) subjectIs(kind int8) bool {
	if m.subjectKinds == 0 {
		m.subjectKinds = kindsKnown
		subject := m.subject()
		if isBounceSubject(subject) {
			m.subjectKinds |= bounceSubject
		}
		if isAutoReplySubject(subject) {
			m.subjectKinds |= autoSubject
		}
	}
	return m.subjectKinds&kind != 0
}

// fromDaemon says whether the From field is that of a mail server.
func (m *message) fromDaemon() bool {
	if m.daemon == 0 {
		m.daemon = -1
		if isDaemon(m.header().get("From")) {
			m.daemon = 1
		}
	}
	return m.daemon > 0
}

// note says what was odd, once.
func (m *message) note(s string) {
	for _, n := range m.notes {
		if n == s {
			return
		}
	}
	m.notes = append(m.notes, s)
}

// A part is one part of a message. A message/rfc822 is a part like any other:
// what is inside it was said by someone else.
type part struct {
	header    header
	mediaType string // "text/plain", in lower case
	params    string // the rest of the Content-Type
	body      string // as transferred
	parent    int    // index into message.parts, -1 for the message as a whole
	children  int

	text    string // see message.decode
	decoded bool
}

func (p *part) isMultipart() bool { return p.children > 0 }

// part returns the first leaf of one of the media types, nil if there is none.
func (m *message) part(types ...string) *part {
	for i := range m.parts {
		p := &m.parts[i]
		if p.isMultipart() {
			continue
		}
		for _, t := range types {
			if p.mediaType == t {
				return p
			}
		}
	}
	return nil
}
