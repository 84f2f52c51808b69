package poller

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// A Finding is what Check found at one step of the way to a mailbox.
type Finding struct {
	Stage  string // as of an Error
	Folder string // as configured; empty if it is about none
	Text   string // what was found
	Err    error  // what is wrong, an *Error where something is known to do about it; nil: it is good
}

// soonEnds is how long before its end a certificate is told as bad: who renews in time
// has done so by then.
const soonEnds = 7 * 24 * time.Hour

// Check goes the way of a poll, step by step, and says what it found. It reads no
// message, moves nothing and creates no folder. It ends at the first step without which
// there is no next.
func (p *Poller) Check(ctx context.Context) (found []Finding) {
	good := func(stage, folder, format string, args ...any) {
		found = append(found, Finding{Stage: stage, Folder: folder, Text: fmt.Sprintf(format, args...)})
	}
	bad := func(stage, folder string, err error) {
		if failed, ok := errors.AsType[*Error](err); ok {
			stage = failed.Stage
		}
		found = append(found, Finding{Stage: stage, Folder: folder, Err: err})
	}
	if err := p.Mailbox.check(); err != nil {
		bad("resolve", "", err)
		return found
	}
	addresses, err := p.resolve(ctx)
	if err != nil {
		bad("resolve", "", err)
		return found
	}
	good("resolve", "", "%s", addresses)
	state, err := p.probe(ctx)
	if err != nil {
		bad("connect", "", err)
		return found
	}
	good("connect", "", "%s answers", p.Mailbox.Host)
	if text, err := encryption(state, time.Now()); err != nil {
		bad("tls", "", err)
	} else {
		good("tls", "", "%s", text)
	}
	s, err := p.enter(ctx)
	if err != nil {
		bad("login", "", err)
		return found
	}
	good("login", "", "logged in as %s", p.Mailbox.Username)
	wanted := append(slices.Clone(p.Mailbox.folders()), p.targets()...)
	dir, err := s.directory(wanted)
	if err != nil && s.dead() && ctx.Err() == nil { // as a poll does
		s.close()
		if s, err = p.enter(ctx); err != nil {
			bad("login", "", err)
			return found
		}
		dir, err = s.directory(wanted)
	}
	defer s.close()
	if err != nil {
		bad("select", "", fail("select", "", err))
		return found
	}
	p.checkFolders(s, dir, good, bad)
	s.logout()
	return found
}

// resolve returns the addresses of the server.
func (p *Poller) resolve(ctx context.Context) (string, error) {
	host, _, err := net.SplitHostPort(p.Mailbox.Host)
	if err != nil {
		return "", &Error{Stage: "resolve", Hint: "write host as name:port, as in imap.example.com:993", Err: err}
	}
	if a, err := netip.ParseAddr(host); err == nil || p.Dial != nil {
		return a.String(), nil
	}
	within, cancel := context.WithTimeout(ctx, p.dialTimeout())
	defer cancel()
	all, err := net.DefaultResolver.LookupHost(within, host)
	if err != nil {
		return "", fail("resolve", "", err)
	}
	return host + " is " + strings.Join(all, ", "), nil
}

// probe connects as a poll does, as far as the encryption, and hangs up. The state is
// nil without encryption.
func (p *Poller) probe(ctx context.Context) (*tls.ConnectionState, error) {
	s, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return s.secured, nil
}

// encryption says how a connection is encrypted and how long its certificate is good.
func encryption(state *tls.ConnectionState, now time.Time) (string, error) {
	if state == nil {
		return "none: loopback only", nil
	}
	leaf := state.PeerCertificates[0]
	left := leaf.NotAfter.Sub(now)
	text := fmt.Sprintf("%s, certificate of %s by %s, good for %d days", tls.VersionName(state.Version), strings.Join(leaf.DNSNames, ", "), leaf.Issuer.CommonName, int(left.Hours()/24))
	if left < soonEnds {
		return "", &Error{Stage: "tls", Hint: "who runs the server must renew it: after that no poll gets in", Err: errors.New(text)}
	}
	return text, nil
}

// checkFolders says of each folder whether it can be read, and done with as configured.
func (p *Poller) checkFolders(s *session, dir directory, good func(stage, folder, format string, args ...any), bad func(stage, folder string, err error)) {
	m := p.Mailbox
	tidies := m.After == AfterSeen || m.After == AfterMove || m.After == AfterDelete || m.Unread == UnreadMove
	for _, name := range m.folders() {
		server, known := dir.find(name)
		if !known {
			bad("select", name, &Error{Stage: "select", Folder: name, Err: errors.New("no such folder"), Hint: "there are: " + strings.Join(firstOf(dir.names, 20), ", ")})
			continue
		}
		// Opened to be written to only where that is to be done: \Recent is lost by it.
		var messages uint32
		locked, err := s.heard.during(func() (err error) {
			_, messages, err = s.open(folder{name, server}, !tidies)
			return err
		})
		if err != nil {
			bad("select", name, err)
			continue
		}
		good("select", name, "%d messages", messages)
		if !tidies {
			continue
		}
		const give = `give them to the account, or set after = "keep" and unread = "keep"`
		if missing, err := s.lacks(server, p.needs()); err != nil {
			bad("tidy", name, err)
		} else if missing != "" {
			bad("tidy", name, &Error{Stage: "tidy", Folder: name, Err: fmt.Errorf("the rights %s are missing (RFC 4314)", missing), Hint: give})
		} else if locked {
			bad("tidy", name, &Error{Stage: "tidy", Folder: name, Err: errors.New("the server opens it for reading only"), Hint: strings.Replace(give, "them", "the right to write", 1)})
		} else {
			good("tidy", name, "may be tidied as configured")
		}
	}
	if err := p.able(s); err != nil {
		bad("tidy", "", err)
	}
	for _, target := range p.targets() {
		server, known := dir.find(target)
		if !known {
			good("tidy", target, "is not there yet; the first poll that needs it makes it")
			continue
		}
		if missing, err := s.lacks(server, "i"); err != nil {
			bad("tidy", target, err)
		} else if missing != "" {
			bad("tidy", target, &Error{Stage: "tidy", Folder: target, Err: errors.New("the right i is missing (RFC 4314)"), Hint: "let the account put messages there"})
		} else {
			good("tidy", target, "is there")
		}
	}
}

// needs returns the rights that tidying takes (RFC 4314 section 4): s to flag, t to mark
// as deleted, e to expunge.
func (p *Poller) needs() string {
	switch {
	case p.Mailbox.After == AfterMove || p.Mailbox.After == AfterDelete || p.Mailbox.Unread == UnreadMove:
		return "te"
	case p.Mailbox.After == AfterSeen:
		return "s"
	}
	return ""
}

// targets returns the folders that messages are moved to.
func (p *Poller) targets() (all []string) {
	if p.Mailbox.After == AfterMove {
		all = append(all, p.Mailbox.MoveTo)
	}
	if p.Mailbox.Unread == UnreadMove && !slices.Contains(all, p.Mailbox.UnreadTo) {
		all = append(all, p.Mailbox.UnreadTo)
	}
	return all
}

// lacks returns which of the rights the account has not in a folder. A server without
// ACL tells of none, and all are taken to be there.
func (s *session) lacks(server, rights string) (missing string, err error) {
	if !s.caps.Has(imap.CapACL) {
		return "", nil
	}
	var has string
	err = s.do(0, func() error {
		data, err := s.client.MyRights(server).Wait()
		if data != nil {
			has = data.Rights.String()
		}
		return err
	})
	if refused(err) { // it tells nothing to this account
		return "", nil
	}
	if err != nil {
		return "", fail("tidy", "", err)
	}
	for _, r := range rights {
		// QUIRK: servers that still know RFC 2086 alone have d for t and e.
		if !strings.ContainsRune(has, r) && !((r == 't' || r == 'e') && strings.Contains(has, "d")) {
			missing += string(r)
		}
	}
	return missing, nil
}

func firstOf(all []string, n int) []string { return all[:min(len(all), n)] }
