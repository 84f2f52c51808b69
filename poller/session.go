package poller

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// A session is a connection on which commands are given, one at a time and each
// under the eye of a watchdog.
type session struct {
	client  *imapclient.Client
	wire    *wire
	heard   *overheard
	caps    imap.CapSet // after the login
	stall   time.Duration
	next    imap.UID // of the open folder: no message has this UID or one above; 0 if not told
	strays  strays
	secured *tls.ConnectionState // nil: not encrypted
	gone    bool                 // a command failed other than by a refusal
	release func() bool          // of the context that would close the connection
	odd     *oddness             // the poller's
	news    chan struct{}        // the server told, unasked, how many messages there are
}

func newSession(w *wire, conn net.Conn, stall time.Duration) *session {
	s := &session{wire: w, heard: &overheard{Conn: conn}, stall: stall, odd: new(oddness), news: make(chan struct{}, 1)}
	s.strays.mu.Lock() // until nobody is known
	defer s.strays.mu.Unlock()
	s.client = imapclient.New(s.heard, &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Fetch: s.strays.take,
			Mailbox: func(data *imapclient.UnilateralDataMailbox) {
				if data.NumMessages != nil {
					select {
					case s.news <- struct{}{}:
					default:
					}
				}
			},
		},
	})
	s.strays.nobody = newCollection(nil, 0, w.abort, s.client.Closed())
	return s
}

// do runs a command and waits for its end. size is how many octets of message the
// answer may hold, for the deadline.
func (s *session) do(size int64, command func() error) error {
	stop := s.wire.watch(s.stall, size)
	defer stop()
	err := s.wire.because(command())
	// go-imap's reader may notice a moment later than the command that failed.
	s.gone = s.gone || err != nil && !refused(err)
	return err
}

// errUnwanted is why a connection is closed on which something is read for nobody.
var errUnwanted = errors.New("what is read is not wanted any more")

// refused reports whether an error is the server's NO or BAD, after which the
// connection can still be used.
func refused(err error) bool {
	var answer *imap.Error
	return errors.As(err, &answer) && answer.Type != imap.StatusResponseTypeBye
}

// dead reports whether the connection is gone.
func (s *session) dead() bool {
	select {
	case <-s.client.Closed():
		return true
	default:
		return s.gone || s.wire.because(io.EOF) != io.EOF
	}
}

// lost reports whether the connection is gone although it was still wanted.
func (s *session) lost() bool {
	return s.dead() && !errors.Is(s.wire.because(io.EOF), errUnwanted)
}

// ended is why a connection is gone.
func (s *session) ended() error {
	s.wire.Conn.Close()
	return s.wire.because(cmp.Or(s.client.Close(), io.ErrUnexpectedEOF))
}

// logout says goodbye, for which a server that is busy is given little time.
func (s *session) logout() {
	if s.dead() {
		return
	}
	stop := s.wire.watch(min(s.stall, 5*time.Second), 0)
	defer stop()
	// Whatever comes of it, all that was to be done is done.
	_ = s.client.Logout().Wait()
}

// close closes the connection and waits until nothing of it runs any more.
func (s *session) close() {
	if s.release != nil {
		s.release()
	}
	s.wire.Conn.Close() // before the client's, which under TLS would wait for the server
	_ = s.client.Close()
}
