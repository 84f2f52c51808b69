package imaptest

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// Running returns a server that is running already, named by the environment
// variable BOUNCEHOUND_TEST_IMAP as "host:port user password [prefix separator]",
// for instance "127.0.0.1:143 test secret INBOX. ." for a Courier. Its port is plain,
// its capabilities stay as they are, and every message and folder of the account is
// deleted. Without the variable the test is skipped.
func Running(t testing.TB) *Server {
	t.Helper()
	words := strings.Fields(os.Getenv("BOUNCEHOUND_TEST_IMAP"))
	if len(words) < 3 {
		t.Skip(`BOUNCEHOUND_TEST_IMAP names no server ("host:port user password [prefix separator]")`)
	}
	if _, _, err := net.SplitHostPort(words[0]); err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: words[0], t: t, username: words[1], password: words[2], separator: "/"}
	if len(words) == 5 {
		s.prefix, s.separator = words[3], words[4]
	}
	s.setCaps = func([]imap.Cap) { t.Fatal("the capabilities of a running server cannot be set") }
	for _, name := range s.Folders() {
		if name != "INBOX" {
			c := s.client()
			_ = c.Delete(name).Wait() // one with folders below may not be
			c.Close()
		}
	}
	var uids []uint32
	for _, m := range s.List("INBOX") {
		uids = append(uids, m.UID)
	}
	if len(uids) > 0 {
		s.Expunge("INBOX", uids...)
	}
	return s
}
