package poller_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"
)

// rsaTestKey is one key for all tests, since making one takes a while.
var rsaTestKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// certificate makes a certificate of rsaTestKey that signs itself, good from 1999 (the
// clock of a bubble begins in 2000), and the key in PKCS #8.
func certificate(t testing.TB, name string, ends time.Time) (certPEM, keyPEM []byte) {
	t.Helper()
	return certificateOf(t, rsaTestKey(), name, ends)
}

func certificateOf(t testing.TB, key crypto.Signer, name string, ends time.Time) (certPEM, keyPEM []byte) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: ends,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemText(t, "CERTIFICATE", der), pemText(t, "PRIVATE KEY", private)
}

func pemText(t testing.TB, kind string, der []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pem.Encode(&b, &pem.Block{Type: kind, Bytes: der}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
