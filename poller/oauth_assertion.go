package poller

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// assertionTime is how long a signed assertion is good for: longer than a code of the
// device flow (which it is sent with each time), and less than Google's hour.
const assertionTime = 20 * time.Minute

// assertion proves who the client is by its certificate (RFC 7523 section 2.2), in the
// form Microsoft asks for: PS256, with the SHA-256 of the certificate as x5t#S256; with
// an elliptic key, which others take, ES256.
func (o *OAuth2) assertion(ctx context.Context, audience string) (url.Values, error) {
	text, err := o.Certificate(ctx)
	if err != nil {
		return nil, unreadable("certificate", err)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, &Error{Stage: "login", Hint: "certificate_file must begin with -----BEGIN CERTIFICATE-----", Err: errors.New("the certificate is not in PEM form")}
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the certificate: %w", err)
	}
	text, err = o.CertificateKey(ctx)
	if err != nil {
		return nil, unreadable("certificate_key", err)
	}
	key, err := privateKey(text)
	if err != nil {
		return nil, &Error{Stage: "login", Hint: "certificate_key_file must be the certificate's key, RSA or P-256, in PEM and without a passphrase", Err: fmt.Errorf("the certificate's key: %w", err)}
	}
	algorithm := "PS256"
	if _, elliptic := key.(*ecdsa.PrivateKey); elliptic {
		if algorithm = "ES256"; microsoft(audience) {
			return nil, &Error{Stage: "login", Hint: "make a certificate with an RSA key, and upload it where the application is registered", Err: errors.New("the certificate: Microsoft takes none with an elliptic key")}
		}
	}
	if public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(cert.PublicKey) {
		return nil, &Error{Stage: "login", Hint: "check certificate_file and certificate_key_file", Err: errors.New("the key is not that of the certificate")}
	}
	o.warnEnd("the certificate", cert.NotAfter, 30*24*time.Hour, "upload a new one where the application is registered")
	sum := sha256.Sum256(cert.Raw)
	now := time.Now()
	signed, err := sign(key, map[string]any{"alg": algorithm, "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])}, map[string]any{
		"aud": audience, "iss": o.ClientID, "sub": o.ClientID, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionTime).Unix(),
	})
	if err != nil {
		return nil, err
	}
	return url.Values{
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {signed},
	}, nil
}

// delegated gets a token for a Google service account that acts for the mailbox
// (developers.google.com, "Using OAuth 2.0 for Server to Server Applications").
func (o *OAuth2) delegated(ctx context.Context) (*oauth2.Token, error) {
	if o.ServiceAccount == nil {
		return nil, errors.New("no service account is given")
	}
	text, err := o.ServiceAccount(ctx)
	if err != nil {
		return nil, unreadable("service_account", err)
	}
	bad := func(what string) error {
		return &Error{Stage: "login", Hint: "service_account_file must be the JSON key file that Google made for the service account", Err: errors.New("the service account's key: " + what)}
	}
	var file struct {
		Email    string `json:"client_email"`
		Key      string `json:"private_key"`
		KeyID    string `json:"private_key_id"`
		TokenURI string `json:"token_uri"`
	}
	if json.Unmarshal([]byte(text), &file) != nil { // its error may quote the key
		return nil, bad("is no JSON")
	}
	if file.Email == "" || file.Key == "" {
		return nil, bad("lacks client_email or private_key")
	}
	key, err := privateKey(file.Key)
	if err != nil {
		return nil, bad(err.Error())
	}
	if _, ok := key.(*rsa.PrivateKey); !ok {
		return nil, bad("is no RSA key")
	}
	tokenURL := file.TokenURI
	if o.TokenURL != "" {
		tokenURL = o.TokenURL
	}
	if tokenURL == "" {
		tokenURL = googleToken
	}
	header := map[string]any{"alg": "RS256", "typ": "JWT"}
	if file.KeyID != "" {
		header["kid"] = file.KeyID
	}
	now := time.Now()
	signed, err := sign(key, header, map[string]any{
		"iss": file.Email, "sub": o.Username, "scope": strings.Join(o.Scopes, " "), "aud": tokenURL,
		"iat": now.Unix(), "exp": now.Add(assertionTime).Unix(),
	})
	if err != nil {
		return nil, err
	}
	return o.request(ctx, tokenURL, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {signed}})
}

const googleToken = "https://oauth2.googleapis.com/token"
