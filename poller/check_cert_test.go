package poller_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// TestCheckCertificate: what is wrong with a certificate is told, and what soon will be.
func TestCheckCertificate(t *testing.T) {
	server := imaptest.Memory(t)
	for name, c := range map[string]struct {
		subject string
		days    int
		trusted bool
		want    string
	}{
		"good":       {"127.0.0.1", 40, true, "good for 39 days\nlogin: "},
		"ends soon":  {"127.0.0.1", 5, true, "good for 4 days (who runs the server must renew it"},
		"ended":      {"127.0.0.1", -1, true, "BAD tls: tls: tls: failed to verify certificate: x509: certificate has expired"},
		"other name": {"192.0.2.1", 40, true, "BAD tls: tls: tls: failed to verify certificate: x509: certificate is valid for 192.0.2.1, not 127.0.0.1"},
		"unknown":    {"127.0.0.1", 40, false, "BAD tls: tls: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			cert := serverCertificate(t, c.subject, c.days)
			p := newPoller(server, newMemo())
			p.Mailbox.TLS, p.Mailbox.RootCAs = poller.TLSImplicit, x509.NewCertPool()
			if c.trusted {
				p.Mailbox.RootCAs.AddCert(cert.Leaf)
			}
			p.Mailbox.Host = encryptedBefore(t, server, cert)
			if got := findings(p.Check(t.Context())); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// serverCertificate makes a certificate for an address that ends in some days.
func serverCertificate(t *testing.T, address string, days int) tls.Certificate {
	t.Helper()
	key := rsaTestKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: address}, IPAddresses: []net.IP{net.ParseIP(address)},
		NotBefore: time.Now().AddDate(0, 0, -100), NotAfter: time.Now().AddDate(0, 0, days), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// encryptedBefore listens with a certificate and passes on to a server what it decrypts.
func encryptedBefore(t *testing.T, server *imaptest.Server, cert tls.Certificate) (address string) {
	t.Helper()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go pass(conn, server.Addr)
		}
	}()
	return ln.Addr().String()
}

// pass carries octets both ways until one side ends.
func pass(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		client.Close()
	}()
	_, _ = io.Copy(server, client) // until the client goes
}
