package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"bouncehound"
)

func readWebhook(t *table) Webhook {
	w := Webhook{Name: t.name(), Start: bouncehound.StartNow, Format: "standard", Timeout: 15 * time.Second}
	t.need("url", &w.URL)
	if w.URL != "" {
		t.endpoint("url", w.URL)
	}
	t.choice("format", &w.Format, "standard", "template", "listmonk", "postmark", "sendgrid", "mailgun")
	t.proof(&w)
	t.events("events", &w.Events)
	start := string(w.Start)
	t.choice("start", &start, string(bouncehound.StartNow), string(bouncehound.StartBeginning), string(bouncehound.StartStandings))
	w.Start = bouncehound.Start(start)
	t.duration("timeout", &w.Timeout, time.Second, 5*time.Minute)
	w.Headers = t.headers("headers")
	t.file("template_file", &w.TemplateFile)
	switch {
	case w.Format == "template" && !t.set("template_file"):
		t.wrong("template_file", "", "is missing")
	case w.Format != "template" && t.set("template_file"):
		t.wrong("template_file", `set format = "template"`, "is without effect")
	}
	t.done()
	return w
}

// proof reads what proves to the endpoint who sends, which depends on the format.
func (t *table) proof(w *Webhook) {
	ours := w.Format == "standard" || w.Format == "template"
	read := t.secret
	if ours {
		read = t.signing
	}
	given := false
	for _, key := range []string{"secret", "secret_previous"} {
		if s := read(key); s.IsSet() {
			w.Secrets = append(w.Secrets, s)
		}
		for _, where := range []string{key, key + "_file", key + "_command"} {
			switch {
			case !t.set(where):
				continue
			case w.Format == "listmonk" || w.Format == "postmark":
				t.wrong(where, "set username and password", "format %q has no signature", w.Format)
			case !ours && key == "secret_previous":
				t.wrong(where, "", "format %q has one signature only", w.Format)
			}
			given = given || key == "secret"
		}
	}
	switch {
	case given:
	case ours:
		t.wrong("secret", newSecret, "is missing")
	case w.Format == "mailgun":
		t.wrong("secret", "the key that the receiver has as Mailgun's webhook signing key", "is missing")
	}
	t.text("username", &w.Username)
	w.Password = t.secret("password")
	switch {
	case w.Username != "" && !w.Password.IsSet():
		t.wrong("password", "", "is missing beside the username")
	case w.Username == "" && w.Password.IsSet():
		t.wrong("username", "", "is missing beside the password")
	}
}

// endpoint checks a URL, and never quotes it: its path may hold a token.
func (t *table) endpoint(key, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		t.wrong(key, `such as "https://crm.example.com/hooks/bounces"`, "is no URL of a server")
	case u.Port() != "" && !port(u.Port()):
		t.wrong(key, "", "the port must be a number between 1 and 65535")
	case u.Scheme != "https" && u.Scheme != "http":
		t.wrong(key, "", "must begin with https://")
	case u.User != nil:
		t.wrong(key, "set username and password", "must hold no user name or password")
	case u.Fragment != "":
		t.wrong(key, "", "must hold no #")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		t.wrong(key, "use https", "http:// would send addresses in clear; it is for loopback hosts only")
	}
}

// signing reads a signing secret.
func (t *table) signing(key string) Secret {
	s := t.secret(key)
	if !s.IsSet() {
		return s
	}
	if v := s.from().value; v != "" {
		if err := CheckSigningSecret(v); err != nil {
			t.wrong(key, newSecret, "%v", err)
		}
	}
	return s
}

const newSecret = `make one with: echo "whsec_$(openssl rand -base64 32)"`

// CheckSigningSecret returns what is wrong with a secret that webhooks are to be
// signed with, without quoting it: it must be whsec_ and 24 to 64 octets in base64
// (Standard Webhooks, "Signature scheme").
func CheckSigningSecret(secret string) error {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return errors.New("a signing secret must begin with whsec_")
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return errors.New("a signing secret must be base64 after whsec_")
	}
	if len(key) < 24 || len(key) > 64 {
		return fmt.Errorf("a signing secret must be 24 to 64 octets in base64, not %d", len(key))
	}
	return nil
}

func (t *table) events(key string, into *[]bouncehound.EventType) {
	if !t.set(key) {
		t.take(key)
		return
	}
	known := []string{
		string(bouncehound.BounceRecorded), string(bouncehound.ContactWatch), string(bouncehound.ContactDoNotEmail),
		string(bouncehound.ContactReleased), string(bouncehound.ContactOK),
		string(bouncehound.MailboxFailing), string(bouncehound.WebhookFailing), string(bouncehound.BlockedSender),
	}
	var chosen []string
	n := len(t.doc.problems)
	t.list(key, &chosen)
	if len(chosen) == 0 && len(t.doc.problems) == n {
		t.wrong(key, "leave it out for every contact.* type", "must name at least one type")
	}
	*into = nil
	for _, e := range chosen {
		if !slices.Contains(known, e) {
			t.wrong(key, didYouMean(nearest(e, known)), "%q is none of %s", e, quoted(known))
		}
		*into = append(*into, bouncehound.EventType(e))
	}
}

// headers reads a table of header fields, whose values are never quoted.
func (t *table) headers(key string) map[string]string {
	h := t.table(key)
	h.env = ""
	var headers map[string]string
	for _, name := range slices.Sorted(maps.Keys(h.values)) {
		h.known(name)
		v, ok := h.values[name].(string)
		switch {
		case !ok:
			h.wrong(name, "", "must be a text in quotes, not %s", kind(h.values[name]))
		case name == "" || strings.ContainsFunc(name, notToken):
			h.wrong(name, "", "is no name of a header field")
		case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }):
			h.wrong(name, "", "must not hold control characters or line ends")
		case ours(name):
			h.wrong(name, "", "is set by bouncehound itself")
		default:
			if headers == nil {
				headers = map[string]string{}
			}
			headers[name] = v
			t.doc.byValue = t.doc.byValue || strings.EqualFold(name, "Authorization")
		}
	}
	return headers
}

// ours says whether a field is set by each delivery itself.
func ours(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "webhook-") ||
		slices.Contains([]string{"content-type", "content-length", "transfer-encoding", "host", "connection"}, name)
}

// notToken says whether a header field's name cannot hold r (RFC 9110 section
// 5.6.2).
func notToken(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
}
