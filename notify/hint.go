package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"
)

// An unreached endpoint is why no answer came: without a secret in its text, and with what to do.
type unreached struct{ text, hint string }

func (f unreached) Error() string { return f.text }

// Hint returns what to do about an error of Sender.Test; empty: nothing is known.
func Hint(err error) string {
	f, _ := errors.AsType[unreached](err)
	return f.hint
}

// hintOf returns what to do where a connection came to nothing.
func hintOf(err error) string {
	var dns *net.DNSError
	var name x509.HostnameError
	var bad *tls.CertificateVerificationError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "check the host in url: the name server knows no such name"
	case errors.As(err, &dns):
		return "see whether this machine's name servers answer (/etc/resolv.conf)"
	case errors.As(err, &name):
		return "url must name the host as its certificate does"
	case errors.As(err, &bad):
		return "the endpoint's certificate must be in force and signed by an authority that this machine trusts; one of your own is made known by update-ca-certificates"
	case strings.Contains(err.Error(), "protocol version"):
		return "the endpoint must speak TLS 1.2 or later"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: check host and port in url, and the firewall"
	case errors.Is(err, context.DeadlineExceeded):
		return "see whether the endpoint works; timeout says how long it may take"
	}
	return ""
}
