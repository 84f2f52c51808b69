package poller_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"bouncehound/poller"
)

// verify returns what a JWT of rsaTestKey says, and fails if the signature is not good.
func verify(t *testing.T, jwt string, pss bool) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	key := &rsaTestKey().PublicKey
	err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], decoded[2])
	if pss {
		err = rsa.VerifyPSS(key, crypto.SHA256, sum[:], decoded[2], &rsa.PSSOptions{SaltLength: sha256.Size})
	}
	if err != nil {
		t.Error(err)
	}
	for i, into := range []*map[string]any{&header, &claims} {
		if err := json.Unmarshal(decoded[i], into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// wantClaims wants these claims, and those of time to be now and at most an hour.
func wantClaims(t *testing.T, claims map[string]any, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("%s is %v, want %s", name, claims[name], value)
		}
	}
	now := float64(time.Now().Unix())
	if iat, exp := claims["iat"].(float64), claims["exp"].(float64); iat != now || exp <= now || exp > now+3600 {
		t.Errorf("from %v to %v, now %v", iat, exp, now)
	}
}

// keyFile is a service account's, in the form Google gives it.
func keyFile(t *testing.T, tokenURI string) string {
	_, key := certificate(t, "x", time.Now().Add(time.Hour))
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "robot@project.example", "private_key": string(key), "private_key_id": "k1", "token_uri": tokenURI,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestServiceAccount(t *testing.T) {
	inBubble(t, "the assertion", func(t *testing.T) {
		s := &tokenServer{}
		o := &poller.OAuth2{
			Flow: poller.FlowServiceAccount, Username: "bounces@example.com", Scopes: []string{"https://mail.google.com/"},
			ServiceAccount: password(keyFile(t, "https://oauth2.example/token")), Transport: s,
		}
		wantToken(t, o, "", "access-1")
		got := s.last()
		if len(got) != 2 || got.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
			t.Errorf("sent %v", got)
		}
		header, claims := verify(t, got.Get("assertion"), false)
		if header["alg"] != "RS256" || header["kid"] != "k1" {
			t.Errorf("header %v", header)
		}
		wantClaims(t, claims, map[string]string{
			"iss": "robot@project.example", "sub": "bounces@example.com", "scope": "https://mail.google.com/", "aud": "https://oauth2.example/token",
		})
		o.TokenURL = "https://other.example/token"
		wantToken(t, o, "access-1", "access-2")
		if _, claims := verify(t, s.last().Get("assertion"), false); claims["aud"] != o.TokenURL {
			t.Errorf("got %v", claims)
		}
		o.TokenURL, o.ServiceAccount = "", password(keyFile(t, ""))
		wantToken(t, o, "access-2", "access-3")
		if _, claims := verify(t, s.last().Get("assertion"), false); claims["aud"] != "https://oauth2.googleapis.com/token" {
			t.Errorf("got %v", claims)
		}
	})
	for name, text := range map[string]string{
		"no JSON":    "t0ps3cr3t",
		"no key":     `{"client_email":"a"}`,
		"no address": `{"private_key":"t0ps3cr3t"}`,
		"no PEM":     `{"client_email":"a","private_key":"t0ps3cr3t"}`,
		"no such":    `{"client_email":"a","private_key":"-----BEGIN PRIVATE KEY-----\ndDBwczNjcjN0\n-----END PRIVATE KEY-----\n"}`,
	} {
		s := &tokenServer{}
		o := &poller.OAuth2{Flow: poller.FlowServiceAccount, ServiceAccount: password(text), Transport: s}
		err := wantToken(t, o, "", "")
		wantError(t, err, "login", "JSON key file")
		if strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "dDBw") || len(s.requests) != 0 {
			t.Errorf("%s: got %v, %d requests", name, err, len(s.requests))
		}
	}
}

// withCertificate is an application that proves itself by a certificate.
func (s *tokenServer) withCertificate(certPEM, keyPEM []byte) *poller.OAuth2 {
	o := s.source()
	o.ClientSecret, o.Certificate, o.CertificateKey = nil, password(string(certPEM)), password(string(keyPEM))
	return o
}

func TestCertificate(t *testing.T) {
	inBubble(t, "the assertion", func(t *testing.T) {
		certPEM, keyPEM := certificate(t, "app", time.Now().Add(31*24*time.Hour))
		var log bytes.Buffer
		s := &tokenServer{}
		o := s.withCertificate(certPEM, keyPEM)
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		wantToken(t, o, "", "access-1")
		got := s.last()
		if got.Has("client_secret") || got.Get("grant_type") != "client_credentials" || got.Get("client_id") != "client" || got.Get("scope") != "imap more" ||
			got.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			t.Errorf("sent %v", got)
		}
		header, claims := verify(t, got.Get("client_assertion"), true)
		block, _ := pem.Decode(certPEM)
		sum := sha256.Sum256(block.Bytes)
		if header["alg"] != "PS256" || header["x5t#S256"] != base64.RawURLEncoding.EncodeToString(sum[:]) {
			t.Errorf("header %v", header)
		}
		wantClaims(t, claims, map[string]string{"iss": "client", "sub": "client", "aud": "https://login.example/token"})
		if log.Len() != 0 {
			t.Errorf("logged %s", log.String())
		}
		time.Sleep(2 * 24 * time.Hour)
		wantToken(t, o, "", "access-2")
		if _, again := verify(t, s.last().Get("client_assertion"), true); again["jti"] == claims["jti"] || again["jti"] == nil {
			t.Errorf("jti %v twice", again["jti"])
		}
		if !strings.Contains(log.String(), "the certificate ends soon") {
			t.Errorf("logged %s", log.String())
		}
	})
	t.Run("a key in PKCS #1", func(t *testing.T) {
		certPEM, _ := certificate(t, "app", time.Now().Add(time.Hour))
		o := (&tokenServer{}).withCertificate(certPEM, pemText(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaTestKey())))
		wantToken(t, o, "", "access-1")
	})
	t.Run("in a device flow", func(t *testing.T) {
		inBubble(t, "", func(t *testing.T) {
			s := &tokenServer{answers: []answer{device("", ""), {body: signedIn}}}
			o := s.withCertificate(certificate(t, "app", time.Now().Add(time.Hour)))
			o.Flow, o.Store, o.DeviceURL = poller.FlowDevice, &memoryTokens{}, "https://login.example/device"
			if err := o.Authorize(t.Context(), func(poller.Prompt) {}); err != nil {
				t.Fatal(err)
			}
			verify(t, s.last().Get("client_assertion"), true)
		})
	})
}

// With an elliptic key the assertion is signed by ES256, but not for Microsoft.
func TestEllipticCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM := certificateOf(t, key, "app", time.Now().Add(time.Hour))
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	// As openssl ecparam -genkey writes it.
	parameters := pemText(t, "EC PARAMETERS", []byte{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07})
	for _, text := range [][]byte{keyPEM, append(parameters, pemText(t, "EC PRIVATE KEY", sec1)...)} {
		s := &tokenServer{}
		wantToken(t, s.withCertificate(certPEM, text), "", "access-1")
		head, signature, _ := strings.Cut(s.last().Get("client_assertion"), ".")
		claims, signature, _ := strings.Cut(signature, ".")
		raw, err := base64.RawURLEncoding.DecodeString(signature)
		if err != nil || len(raw) != 64 {
			t.Fatalf("%d octets, %v", len(raw), err)
		}
		sum := sha256.Sum256([]byte(head + "." + claims))
		if !ecdsa.Verify(&key.PublicKey, sum[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
			t.Error("the signature is not good")
		}
		if header, _ := base64.RawURLEncoding.DecodeString(head); !strings.Contains(string(header), `"alg":"ES256"`) {
			t.Errorf("header %s", header)
		}
	}
	s := &tokenServer{}
	o := s.withCertificate(certPEM, keyPEM)
	o.TokenURL = "https://login.microsoftonline.com/t/oauth2/v2.0/token"
	wantError(t, wantToken(t, o, "", ""), "login", "RSA key")
	if len(s.requests) != 0 {
		t.Errorf("asked %v", s.requests)
	}
}

func TestCertificateProblems(t *testing.T) {
	certPEM, keyPEM := certificate(t, "app", time.Now().Add(time.Hour))
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	elliptical, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(elliptical)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cert, key []byte
		text      string
	}{
		"no PEM":            {[]byte("t0ps3cr3t"), keyPEM, "not in PEM form"},
		"a key in place":    {keyPEM, keyPEM, "not in PEM form"},
		"no certificate":    {pemText(t, "CERTIFICATE", []byte("x")), keyPEM, "the certificate"},
		"no key":            {certPEM, []byte("t0ps3cr3t"), "not in PEM form"},
		"a damaged key":     {certPEM, pemText(t, "PRIVATE KEY", []byte("t0ps3cr3t")), "no private key"},
		"another curve":     {certPEM, pemText(t, "PRIVATE KEY", der), "neither an RSA key"},
		"another's key":     {certPEM, pemText(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(other)), "not that of the certificate"},
		"key and certifice": {certPEM, certPEM, "no private key"},
	} {
		s := &tokenServer{}
		err := wantToken(t, s.withCertificate(c.cert, c.key), "", "")
		wantError(t, err, "login")
		if !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "s3cr3t") || len(s.requests) != 0 {
			t.Errorf("%s: got %v", name, err)
		}
	}
	o := (&tokenServer{}).withCertificate(certPEM, keyPEM)
	o.CertificateKey = func(ctx context.Context) (string, error) { return noPassword(ctx) }
	wantError(t, wantToken(t, o, "", ""), "login", "certificate_key_file")
}
