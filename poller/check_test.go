package poller_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// findings returns what a check found as lines: "login: logged in as …", and of what is
// wrong "BAD select Bounces: …".
func findings(all []poller.Finding) string {
	var lines []string
	for _, f := range all {
		line := strings.TrimSpace(f.Stage+" "+f.Folder) + ": " + f.Text
		if f.Err != nil {
			line = "BAD " + line + f.Err.Error()
			if failed, ok := errors.AsType[*poller.Error](f.Err); ok {
				line += " (" + failed.Hint + ")"
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func checkPoller(server *imaptest.Server) *poller.Poller {
	username, secret := server.Account()
	p := &poller.Poller{Mailbox: poller.Mailbox{Name: "bounces", Host: server.Addr, TLS: poller.TLSNone, Username: username, Folders: []string{"INBOX"}}}
	p.Mailbox.Password = password(secret)
	return p
}

// Check goes on past what it can, ends where it must, and leaves the mailbox alone.
func TestCheck(t *testing.T) {
	server := imaptest.Memory(t)
	server.Append("INBOX", []byte("Subject: x\r\n\r\nx\r\n"), time.Now())
	for _, c := range []struct {
		name  string
		alter func(*poller.Poller)
		want  []string // beginnings of lines
	}{
		{"all is well", func(*poller.Poller) {}, []string{"resolve: ", "connect: ", "tls: none", "login: logged in as ", "select INBOX: 1 messages"}},
		{"nobody there", func(p *poller.Poller) { p.Mailbox.Host = "127.0.0.1:1" }, []string{"resolve: ", "BAD connect: "}},
		{"no such name", func(p *poller.Poller) { p.Mailbox.Host, p.Mailbox.TLS = "nowhere.invalid:993", poller.TLSImplicit }, []string{"BAD resolve: "}},
		{"a wrong password", func(p *poller.Poller) { p.Mailbox.Password = password("wrong") },
			[]string{"resolve: ", "connect: ", "tls: ", "BAD login: "}},
		{"a folder that is not there", func(p *poller.Poller) { p.Mailbox.Folders = []string{"Bouncse", "INBOX"} },
			[]string{"resolve: ", "connect: ", "tls: ", "login: ", "BAD select Bouncse: select Bouncse: no such folder (there are: INBOX", "select INBOX: 1 messages"}},
		{"moving", func(p *poller.Poller) { p.Mailbox.After, p.Mailbox.MoveTo = poller.AfterMove, "Done" },
			[]string{"resolve: ", "connect: ", "tls: ", "login: ", "select INBOX: ", "tidy INBOX: may be tidied", "tidy Done: is not there yet"}},
	} {
		p := checkPoller(server)
		c.alter(p)
		got := findings(p.Check(t.Context()))
		lines := strings.Split(got, "\n")
		for i, want := range c.want {
			if i >= len(lines) || !strings.HasPrefix(lines[i], want) || len(lines) != len(c.want) {
				t.Errorf("%s:\n%s\nwant\n%s", c.name, got, strings.Join(c.want, "\n"))
				break
			}
		}
	}
	if folders := server.Folders(); len(folders) != 1 {
		t.Errorf("folders were made: %v", folders)
	}
	if mails := server.List("INBOX"); len(mails) != 1 || len(mails[0].Flags) != 0 {
		t.Errorf("the mail was touched: %+v", mails)
	}
}

// A folder that the server opens for reading only is told where it is to be tidied, also
// by a server without ACL.
func TestCheckReadOnly(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		for _, after := range []poller.After{poller.AfterKeep, poller.AfterSeen, poller.AfterMove} {
			s := &script{}
			s.on = func(c *scripted, tag, command string) bool {
				if !strings.HasPrefix(command, "SELECT") {
					return false
				}
				for _, line := range []string{"* 3 EXISTS", "* OK [UIDVALIDITY 7] .", "* OK [UIDNEXT 9] .", "* FLAGS (\\Seen)", "* OK [PERMANENTFLAGS ()] ."} {
					c.send("%s", line)
				}
				c.send("%s OK [READ-ONLY] done", tag)
				return true
			}
			p := scriptPoller(s, newMemo())
			p.Mailbox.After, p.Mailbox.MoveTo = after, "INBOX/Done"
			got := findings(p.Check(t.Context()))
			if red := strings.Contains(got, "BAD tidy INBOX: tidy INBOX: the server opens it for reading only (give the right to write"); red != (after != poller.AfterKeep) {
				t.Errorf("after = %s:\n%s", after, got)
			}
		}
	})
}

// On a real server: TLS with its certificate, and the rights that it tells of.
func TestCheckDovecot(t *testing.T) {
	server := imaptest.Dovecot(t)
	username, secret := server.Account()
	p := &poller.Poller{Mailbox: poller.Mailbox{Name: "bounces", Host: server.TLSAddr, RootCAs: server.Pool, Username: username, Password: password(secret),
		After: poller.AfterMove, MoveTo: "Done"}}
	got := findings(p.Check(t.Context()))
	for _, want := range []string{"tls: TLS 1.", "good for ", "login: ", "select INBOX: 0 messages", "tidy INBOX: may be tidied", "tidy Done: is not there yet"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	p.Mailbox.RootCAs = nil
	if got := findings(p.Check(t.Context())); !strings.Contains(got, "BAD tls: ") {
		t.Errorf("an unknown authority:\n%s", got)
	}
}
