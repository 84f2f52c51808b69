package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"bouncehound"
)

// newECDSA makes a key of P-256: in PEM as openssl writes it, and the public one.
func newECDSA(t *testing.T) (string, *ecdsa.PublicKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}})
	return string(parameters) + string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})), &key.PublicKey
}

func TestSendgridSignature(t *testing.T) {
	private, public := newECDSA(t)
	log, receiver := &memory{}, &plainHook{}
	log.add("lena@example.com")
	e := crm()
	e.Format, e.Secrets = "sendgrid", []string{private}
	if err := newTestSender(t, e, log, receiver).Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, body := receiver.headers[0], receiver.bodies[0]
	signature, err := base64.StdEncoding.DecodeString(h.Get(sendgridSignature))
	if err != nil {
		t.Fatal(err)
	}
	signed := func(text string) bool {
		sum := sha256.Sum256([]byte(text))
		return ecdsa.VerifyASN1(public, sum[:], signature)
	}
	if !signed(h.Get(sendgridTimestamp)+body) || signed("1"+body) {
		t.Errorf("signature of %s with %v", body, h)
	}
	if !strings.HasPrefix(body, `[{`) {
		t.Errorf("sent %s", body)
	}
}

func TestSendgridKeys(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(other)
	if err != nil {
		t.Fatal(err)
	}
	good, _ := newECDSA(t)
	p384 := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, c := range []struct {
		secrets []string
		err     string
	}{
		{nil, ""}, {[]string{good}, ""}, {[]string{good, good}, "one key only"}, {[]string{"verysecret"}, "no private key in PEM form"}, {[]string{p384}, "P-256"},
		{[]string{"-----BEGIN PRIVATE KEY-----\ndmVyeXNlY3JldA==\n-----END PRIVATE KEY-----\n"}, "P-256"},
	} {
		e := crm()
		e.Format, e.Secrets = "sendgrid", c.secrets
		_, err := New(e, &memory{}, nil)
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("error %v, want %q in it", err, c.err)
		}
		if err != nil && (strings.Contains(err.Error(), "verysecret") || strings.Contains(err.Error(), "dmVye")) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

// A dialect has no words for some types: asking for them is a mistake.
func TestDialectEvents(t *testing.T) {
	for _, d := range dialects {
		e := crm()
		e.Format, e.Secrets, e.Events = d.name, dialectSecret(t, d.name), []bouncehound.EventType{bouncehound.ContactWatch}
		if _, err := New(e, &memory{}, nil); err == nil || !strings.Contains(err.Error(), "contact.watch") {
			t.Errorf("%s: %v", d.name, err)
		}
		e.Events = nil
		s, err := New(e, &memory{}, nil)
		if err != nil || s.types[0] != bouncehound.ContactDoNotEmail {
			t.Errorf("%s: %v", d.name, err)
		}
	}
	e := crm()
	e.Format = "listmonk" // and a secret
	if _, err := New(e, &memory{}, nil); err == nil || !strings.Contains(err.Error(), "no signatures") {
		t.Errorf("error %v", err)
	}
	e.Format = "mandrill"
	if _, err := New(e, &memory{}, nil); err == nil || !strings.Contains(err.Error(), `"mandrill" is none of standard, template, listmonk, postmark, sendgrid, mailgun`) {
		t.Errorf("error %v", err)
	}
}
