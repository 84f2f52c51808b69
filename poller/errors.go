package poller

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/emersion/go-imap/v2"
)

// An Error is what went wrong with an IMAP server, where, and what to do about it.
type Error struct {
	Stage  string // "resolve", "connect", "tls", "login", "select", "search", "fetch", "tidy" or "idle"
	Folder string // as configured; empty if it is about none
	Hint   string // what to do, in plain words; may be empty
	Err    error
}

func (e *Error) Error() string {
	if e.Folder != "" {
		return e.Stage + " " + e.Folder + ": " + e.Err.Error()
	}
	return e.Stage + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// A stallError says that the server owed an answer and kept silent, or took for ever.
type stallError struct {
	after time.Duration
	slow  bool
}

func (e stallError) Error() string {
	if e.slow {
		return fmt.Sprintf("the answer was not complete after %v", e.after)
	}
	return fmt.Sprintf("no answer for %v", e.after)
}

// Timeout makes a stallError known as a timeout, as net.Error does.
func (e stallError) Timeout() bool { return true }

// fail wraps an error of a stage, with a hint where one is known. The end of the
// context stays what it is.
func fail(stage, folder string, err error) error {
	var already *Error
	if err == nil || errors.As(err, &already) || errors.Is(err, context.Canceled) {
		return err
	}
	return &Error{Stage: stage, Folder: folder, Hint: hint(stage, err), Err: err}
}

// hint says in plain words what to do about an error; "" if nothing is known.
func hint(stage string, err error) string {
	var (
		dns      *net.DNSError
		record   tls.RecordHeaderError
		unknown  x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		op       *net.OpError
		answer   *imap.Error
		stalled  stallError
		deadline interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return "no such host: check the name in host"
		}
		return "the name could not be looked up: check the DNS of this machine"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: check host and port (993 for TLS, 143 for STARTTLS) and the firewall"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no route to the server: check the network"
	case errors.As(err, &record):
		return `this port does not speak TLS from the start: use port 993, or tls = "starttls" (or "none" on loopback)`
	case errors.As(err, &name):
		return "the certificate belongs to another name: use the name it was made for in host"
	case errors.As(err, &unknown):
		return "the certificate is signed by nobody this machine trusts: install the CA's certificate"
	case errors.As(err, &invalid):
		return "the certificate is not valid: the server's operator must renew it (or the clock here is wrong)"
	case errors.As(err, &op) && op.Op == "remote error": // crypto/tls names an alert so
		return "the server broke off the TLS handshake; it may know no TLS 1.2"
	case errors.As(err, &answer):
		return hintAnswer(stage, answer)
	case stage == "connect" && errors.As(err, &stalled):
		return `the server did not greet: if this port speaks TLS from the start (as 993 does), use tls = "implicit"`
	case stage == "connect" && errors.As(err, &deadline) && deadline.Timeout():
		return "the server does not answer: check host, port and the firewall"
	case stage == "tls" && errors.As(err, &deadline) && deadline.Timeout():
		return `the server does not answer the TLS handshake: check host and port (993), or use tls = "starttls" and port 143`
	case stage == "tls" && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)):
		return `the server hung up: this port may not speak TLS from the start; use port 993, or tls = "starttls"`
	}
	return ""
}

// hintAnswer says what to do about a NO, BAD or BYE of the server.
func hintAnswer(stage string, answer *imap.Error) string {
	if hint := adviceOn(answer.Text, saidByIMAP); hint != "" {
		return hint
	}
	switch {
	case later(answer):
		return "the server is not able to just now; the next poll tries again"
	case answer.Code == imap.ResponseCodeOverQuota:
		return "the mailbox is full: make room in it"
	case answer.Code == imap.ResponseCodeNoPerm:
		return "the account has not the right to do this in the folder"
	case answer.Code == imap.ResponseCodeExpired:
		return "the password has expired: set a new one"
	case answer.Code == imap.ResponseCodeAuthorizationFailed:
		return "the password or token is good, but username may not be used with it: check username"
	case answer.Code == imap.ResponseCodeContactAdmin:
		return "only who runs the server can mend this: ask them, with what it says"
	case answer.Code == imap.ResponseCodeCorruption:
		return "the folder is damaged on the server: who runs it must mend it"
	case answer.Code == imap.ResponseCodeTryCreate:
		return "the folder to move to is gone; the next poll creates it again"
	case stage == "connect":
		return "the server takes no connections just now, or has enough of them from here"
	case stage == "login" && answer.Code == imap.ResponseCodePrivacyRequired:
		return `the server wants encryption before a login: use tls = "implicit" or "starttls"`
	case stage == "login":
		return "check username and password; some providers want an app password or OAuth2 instead of the account's own"
	}
	return ""
}

// redact takes secrets out of an error that a server may have put them in.
func redact(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := hide(text, secrets...)
	var answer *imap.Error
	switch {
	case clean == text:
		return err
	case errors.As(err, &answer): // keeps what the hint is made of
		return &imap.Error{Type: answer.Type, Code: answer.Code, Text: hide(answer.Text, secrets...)}
	default:
		return errors.New(clean)
	}
}

// hide takes secrets out of a text.
func hide(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	return text
}
