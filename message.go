package bouncehound

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// A Place is where a copy of a message lies on an IMAP server. As a poller's
// cursor it says that every message of the folder up to UID is done with.
type Place struct {
	Mailbox     string // the name of the mailbox in the configuration
	Folder      string // as configured, in UTF-8
	UIDValidity uint32 // RFC 9051 section 2.3.1.1
	UID         uint32
}

// A Copy is one copy of a recorded message whose inbox has still to be tidied up:
// flagged, moved or deleted.
type Copy struct {
	Place     Place
	Kind      Kind   // KindReport or KindUnread
	Message   string // Message.ID
	MessageID string // the mail's own Message-ID, with angle brackets; may be empty
	// Moving is when the server was last told to move it; zero: never. What the server
	// made of it is not known.
	Moving time.Time
}

// A Withheld is a message that the server lists and did not hand over.
type Withheld struct {
	Place   Place
	Tries   int // how often it was asked for, in as many polls
	TriedAt time.Time
	Error   string // the server's words
}

// A Message is one mail: its bytes and where they were found.
type Message struct {
	Source       string    // for people: "bounces/INBOX;UID=42" or a file as it was named
	Place        Place     // the zero Place if it did not come over IMAP
	InternalDate time.Time // when the server took it in (RFC 9051 section 2.3.3); zero if not known
	Size         int64     // octets of the whole message, as the server tells
	Partial      bool      // Raw is only the first part, because the whole is over the size limit
	Raw          []byte
}

// ID identifies a message by its content, so that a message seen twice, after a
// crash, a changed UIDVALIDITY or a move back, is a message seen once. It is the
// SHA-256, in hexadecimal, of the bytes with line ends as LF, without a leading
// mbox From_ line and without trailing empty lines; of a partial message also of
// its size.
func (m Message) ID() string {
	raw := bytes.TrimRight(WithoutFromLine(m.Raw), "\r\n")
	h := sha256.New()
	for {
		i := bytes.IndexByte(raw, '\r')
		if i < 0 {
			break
		}
		h.Write(raw[:i])
		h.Write([]byte{'\n'})
		raw = raw[i+1:]
		if len(raw) > 0 && raw[0] == '\n' {
			raw = raw[1:]
		}
	}
	h.Write(raw)
	if m.Partial {
		h.Write(strconv.AppendInt([]byte("\n\nsize "), m.Size, 10))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// WithoutFromLine returns a raw message without the From_ line (RFC 4155) that a
// message cut out of an mbox file begins with, possibly quoted with ">".
func WithoutFromLine(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte("From ")) && !bytes.HasPrefix(raw, []byte(">From ")) {
		return raw
	}
	i := bytes.IndexAny(raw, "\r\n")
	if i < 0 {
		return raw
	}
	if raw[i] == '\r' && i+1 < len(raw) && raw[i+1] == '\n' {
		i++
	}
	return raw[i+1:]
}
