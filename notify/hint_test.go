package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
)

// TestHint: each way in which a connection comes to nothing has its advice.
func TestHint(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&net.DNSError{Err: "no such host", IsNotFound: true}, "knows no such name"},
		{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, "/etc/resolv.conf"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Host: "a.example"}}, "as its certificate does"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "update-ca-certificates"},
		{errors.New("remote error: tls: protocol version not supported"), "TLS 1.2"},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "nothing listens"},
		{context.DeadlineExceeded, "timeout"},
		{errors.New("something else"), ""},
	} {
		if c.want == "" {
			if got := hintOf(c.err); got != "" {
				t.Errorf("%v: %q", c.err, got)
			}
			continue
		}
		if got := Hint(fmt.Errorf("test: %w", unreached{"text", hintOf(fmt.Errorf("post: %w", c.err))})); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q", c.err, got)
		}
	}
}
