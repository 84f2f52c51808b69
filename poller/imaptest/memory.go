package imaptest

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// Memory starts a server in this process with an empty INBOX. It advertises
// IMAP4rev1 and the capabilities given, of which MOVE, UIDPLUS, NAMESPACE and
// LOGINDISABLED (on the plain port) make a difference; without any, it has MOVE,
// UIDPLUS and NAMESPACE. Unlike go-imap's own server it keeps EXAMINE's promise:
// nothing can be changed in a folder that was opened to be read.
func Memory(t testing.TB, caps ...imap.Cap) *Server {
	t.Helper()
	if len(caps) == 0 {
		caps = standard
	}
	cert, pool := selfSigned(t)
	m := newMemory(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	plain, encrypted := listen(t), listen(t)
	m.start(plain, config, caps)
	m.start(tlsListener{encrypted, config}, config, caps)
	t.Cleanup(m.stop)
	return &Server{
		Addr: plain.Addr().String(), TLSAddr: encrypted.Addr().String(), Pool: pool, t: t,
		setCaps: func(caps []imap.Cap) {
			plainAddr, tlsAddr := plain.Addr().String(), encrypted.Addr().String()
			m.stop()
			m.start(relisten(t, plainAddr), config, caps)
			m.start(tlsListener{relisten(t, tlsAddr), config}, config, caps)
		},
	}
}

// Pipe is Memory without a network: the connections are net.Pipes, got from Dial.
// In a testing/synctest bubble time passes while nobody has anything to do. It
// offers no TLS.
func Pipe(t testing.TB, caps ...imap.Cap) *Server {
	t.Helper()
	if len(caps) == 0 {
		caps = standard
	}
	m := newMemory(t)
	ln := newPipes()
	m.start(ln, nil, caps)
	t.Cleanup(m.stop)
	return &Server{
		Addr: "127.0.0.1:143", t: t,
		dial: func(ctx context.Context) (net.Conn, error) { return ln.dial(ctx) },
		setCaps: func(caps []imap.Cap) {
			m.stop()
			ln = newPipes()
			m.start(ln, nil, caps)
		},
	}
}

var standard = []imap.Cap{imap.CapMove, imap.CapUIDPlus, imap.CapNamespace}

func newMemory(t testing.TB) *memory {
	t.Helper()
	m := &memory{t: t, user: imapmemserver.NewUser(Username, Password)}
	if err := m.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	return m
}

type memory struct {
	t       testing.TB
	user    *imapmemserver.User
	mu      sync.Mutex
	servers []*imapserver.Server
	served  sync.WaitGroup
}

func (m *memory) start(ln net.Listener, config *tls.Config, caps []imap.Cap) {
	has := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range caps {
		has[c] = struct{}{}
	}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			s := &session{UserSession: imapmemserver.NewUserSession(m.user), caps: has}
			if has.Has(imap.CapMove) {
				return movingSession{s}, nil, nil
			}
			return s, nil, nil
		},
		InsecureAuth: !slices.Contains(caps, imap.CapLoginDisabled),
		Caps:         has,
		TLSConfig:    config,
		Logger:       log.New(io.Discard, "", 0),
	})
	m.mu.Lock()
	m.servers = append(m.servers, server)
	m.mu.Unlock()
	m.served.Go(func() {
		_ = server.Serve(ln)
		_ = ln.Close() // a server that is closed before it serves leaves it open
	})
}

func (m *memory) stop() {
	m.mu.Lock()
	servers := m.servers
	m.servers = nil
	m.mu.Unlock()
	for _, server := range servers {
		_ = server.Close()
	}
	m.served.Wait()
}

// A session refuses what was not advertised and what EXAMINE forbids.
type session struct {
	*imapmemserver.UserSession
	caps     imap.CapSet
	readOnly bool
}

// A movingSession has the one method that tells the server it can MOVE.
type movingSession struct{ *session }

func (s movingSession) Move(w *imapserver.MoveWriter, nums imap.NumSet, target string) error {
	if err := s.writable(); err != nil {
		return err
	}
	return s.UserSession.Move(w, nums, target)
}

// Move hides the method of UserSession by another signature.
func (s *session) Move() {}

func (s *session) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	s.readOnly = options.ReadOnly
	return s.UserSession.Select(name, options)
}

func (s *session) Store(w *imapserver.FetchWriter, nums imap.NumSet, flags *imap.StoreFlags, options *imap.StoreOptions) error {
	if err := s.writable(); err != nil {
		return err
	}
	return s.UserSession.Store(w, nums, flags, options)
}

func (s *session) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if err := s.writable(); err != nil {
		return err
	}
	if uids != nil && !s.caps.Has(imap.CapUIDPlus) {
		return &imap.Error{Type: imap.StatusResponseTypeBad, Text: "UIDPLUS is not supported"}
	}
	return s.UserSession.Expunge(w, uids)
}

func (s *session) Fetch(w *imapserver.FetchWriter, nums imap.NumSet, options *imap.FetchOptions) error {
	for _, section := range options.BodySection {
		if s.readOnly && !section.Peek {
			return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "BODY[] without PEEK in a folder opened with EXAMINE"}
		}
	}
	return s.UserSession.Fetch(w, nums, options)
}

func (s *session) writable() error {
	if s.readOnly {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "the folder was opened with EXAMINE"}
	}
	return nil
}

// listen listens at a port below those that the kernel gives out by itself, from 32768
// on (ip(7): ip_local_port_range): nobody gets it while it is not listened at.
func listen(t testing.TB) net.Listener {
	t.Helper()
	for range 1000 {
		if ln, err := net.Listen("tcp", loopback(20_000+rand.IntN(12_000))); err == nil {
			return ln
		}
	}
	t.Fatal("no port is free")
	return nil
}

func relisten(t testing.TB, addr string) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// A tlsListener makes TLS connections whose type the server recognises.
type tlsListener struct {
	net.Listener
	config *tls.Config
}

func (ln tlsListener) Accept() (net.Conn, error) {
	conn, err := ln.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tls.Server(conn, ln.config), nil
}
