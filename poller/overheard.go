package poller

import (
	"bytes"
	"net"
	"sync"
)

// readOnly is the response code by which a server says that a folder which was opened to
// be written to cannot be (RFC 9051 section 7.1). go-imap tells nobody of it.
const readOnly = "[READ-ONLY]"

// An overheard connection notes whether a server said readOnly, while somebody wants to
// know.
type overheard struct {
	net.Conn
	mu   sync.Mutex
	on   bool
	last []byte // the end of what came, as far as it may be the code's beginning
	said bool
}

func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.Conn.Read(p)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.on && n > 0 {
		text := bytes.ToUpper(append(o.last, p[:n]...))
		o.said = o.said || bytes.Contains(text, []byte(readOnly))
		o.last = text[max(0, len(text)-len(readOnly)+1):]
	}
	return n, err
}

// during says whether the server said so while f ran.
func (o *overheard) during(f func() error) (said bool, err error) {
	o.set(true)
	err = f()
	return o.set(false), err
}

// set begins or ends the listening, and says what was heard since it last did.
func (o *overheard) set(on bool) (said bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	said = o.said
	o.on, o.said, o.last = on, false, nil
	return said
}
