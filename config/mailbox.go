package config

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

func readMailbox(t *table) Mailbox {
	m := Mailbox{Name: t.name(), TLS: "implicit", Auth: "password"}
	t.choice("tls", &m.TLS, "implicit", "starttls", "none")
	byDefault := "143"
	if m.TLS == "implicit" {
		byDefault = "993"
	}
	t.need("host", &m.Host)
	if m.Host != "" {
		m.Host = t.hostPort("host", m.Host, byDefault)
	}
	if host, _, err := net.SplitHostPort(m.Host); err == nil && m.TLS == "none" && !loopback(host) {
		t.wrong("tls", `use "implicit" or "starttls"`, "none would send the password in clear; it is for loopback hosts only")
	}
	t.file("ca_file", &m.CAFile)
	if m.CAFile != "" && m.TLS == "none" {
		t.wrong("ca_file", "", "is without effect when tls is none")
	}
	t.need("username", &m.Username)
	t.choice("auth", &m.Auth, "password", "oauth2")
	m.Password = t.secret("password")
	passwordSet := m.Password.IsSet() || t.set("password") || t.set("password_file") || t.set("password_command")
	if m.Auth == "oauth2" && passwordSet {
		t.wrong("password", "", `is without effect when auth is "oauth2"`)
	} else if m.Auth != "oauth2" && !passwordSet {
		t.wrong("password", "set password_file, password_command or password", "is missing")
	}
	m.OAuth2 = readOAuth2(t, m.Auth)
	m.Poll = readPoll(t.table("poll"))
	m.Capture = readCapture(t.table("capture"))
	t.done()
	return m
}

// DefaultPoll is how a mailbox is polled whose configuration says nothing about
// it.
func DefaultPoll() Poll {
	return Poll{
		Schedule: "*/5 * * * *", Folders: []string{"INBOX"}, Since: 180 * day,
		After: "keep", MoveTo: "Bounces/Processed", Unread: "keep", UnreadTo: "Bounces/Unread",
		MaxMessageSize: 10e6,
	}
}

func readPoll(t *table) Poll {
	p := DefaultPoll()
	t.cron("schedule", &p.Schedule)
	t.list("folders", &p.Folders)
	if len(p.Folders) == 0 {
		t.wrong("folders", "", "must name at least one folder")
	}
	t.duration("since", &p.Since, time.Hour, forever)
	t.flag("idle", &p.Idle)
	t.choice("after", &p.After, "keep", "seen", "move", "delete")
	t.text("move_to", &p.MoveTo)
	t.choice("unread", &p.Unread, "keep", "move")
	t.text("unread_to", &p.UnreadTo)
	// A message moved into a folder that is polled would be read for ever.
	if p.After == "move" && slices.Contains(p.Folders, p.MoveTo) {
		t.wrong("move_to", "", "%q is one of the folders that are polled", p.MoveTo)
	}
	if p.Unread == "move" && slices.Contains(p.Folders, p.UnreadTo) {
		t.wrong("unread_to", "", "%q is one of the folders that are polled", p.UnreadTo)
	}
	t.size("max_message_size", &p.MaxMessageSize, 16<<10, 1<<30)
	t.number("max_per_poll", &p.MaxPerPoll)
	t.done()
	return p
}

func readCapture(t *table) Capture {
	var c Capture
	t.list("headers", &c.Headers)
	for i, h := range c.Headers {
		if strings.ContainsFunc(h, notFieldName) {
			t.wrong("headers", "", "%q is no name of a header field", h)
		}
		if slices.ContainsFunc(c.Headers[:i], func(other string) bool { return strings.EqualFold(other, h) }) {
			t.wrong("headers", "", "%q stands twice", h)
		}
	}
	t.text("verp", &c.VERP)
	if c.VERP != "" {
		local, domain, _ := strings.Cut(c.VERP, "@")
		if strings.Count(local, "{token}") != 1 || domain == "" || strings.ContainsAny(domain, "@{} ") {
			t.wrong("verp", `such as "bounce+{token}@example.com"`, "must be an address with {token} once, before the @")
		}
	}
	t.done()
	return c
}

// notFieldName says whether a header field's name cannot hold r (RFC 5322 section
// 3.6.8).
func notFieldName(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' }

// hostPort checks host, which may lack the port, and returns it with one.
func (t *table) hostPort(key, host, byDefault string) string {
	h, p := host, byDefault
	if hh, pp, err := net.SplitHostPort(host); err == nil {
		h, p = hh, pp
	} else {
		h = strings.TrimSuffix(strings.TrimPrefix(h, "["), "]")
	}
	_, addrErr := netip.ParseAddr(h)
	switch {
	case strings.Contains(host, "://"):
		t.wrong(key, "leave the scheme away", "must be host or host:port")
	case !port(p):
		t.wrong(key, "", "the port must be a number between 1 and 65535")
	case addrErr != nil && !hostName(h):
		t.wrong(key, `such as "host.example.com:`+byDefault+`"`, "must be host or host:port")
	default:
		return net.JoinHostPort(h, strings.TrimLeft(p, "0"))
	}
	return ""
}

// port says whether s is the number of a port.
func port(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// hostName says whether s may be the name of a host (RFC 1123 section 2.1,
// underscores let through; names outside ASCII as they are). None ends in a number (RFC
// 3696 section 2): that is a wrong address, or a port without a host.
func hostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	s = strings.TrimSuffix(s, ".")
	if strings.Trim(s[strings.LastIndexByte(s, '.')+1:], "0123456789") == "" {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.ContainsAny(label, " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~") {
			return false
		}
	}
	return true
}

// loopback says whether a host is this one: an address of RFC 1122 section
// 3.2.1.3 or RFC 4291 section 2.5.3, or a name of RFC 6761 section 6.3.
func loopback(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
