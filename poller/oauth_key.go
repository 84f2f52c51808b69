package poller

import (
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
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// sign makes a JWT in the compact form of RFC 7515, by the header's alg: RS256, PS256
// or ES256 (RFC 7518 sections 3.3 to 3.5).
func sign(key crypto.Signer, header, claims map[string]any) (string, error) {
	var parts []string
	for _, part := range []map[string]any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("sign the assertion: %w", err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	text := strings.Join(parts, ".")
	sum := sha256.Sum256([]byte(text))
	signature, err := signature(key, header["alg"] == "PS256", sum[:])
	if err != nil {
		return "", fmt.Errorf("sign the assertion: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func signature(key crypto.Signer, pss bool, sum []byte) ([]byte, error) {
	switch elliptical, ok := key.(*ecdsa.PrivateKey); {
	case ok: // R and S in 32 octets each, and not the ASN.1 of Signer
		r, s, err := ecdsa.Sign(rand.Reader, elliptical, sum)
		if err != nil {
			return nil, err
		}
		both := make([]byte, 64)
		r.FillBytes(both[:32])
		s.FillBytes(both[32:])
		return both, nil
	case pss:
		return key.Sign(rand.Reader, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	}
	return key.Sign(rand.Reader, sum, crypto.SHA256)
}

// privateKey reads an RSA key or one of the curve P-256, in PEM, PKCS #8, PKCS #1 or
// SEC 1. Its errors quote nothing of it.
func privateKey(text string) (crypto.Signer, error) {
	var block *pem.Block
	for rest := []byte(text); ; { // openssl puts EC PARAMETERS before the key
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("is not in PEM form")
		}
		if block.Type != "EC PARAMETERS" {
			break
		}
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	var any any
	var err error
	if any, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		any, err = x509.ParseECPrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("is no private key that can be read")
	}
	switch key := any.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		if key.Curve == elliptic.P256() {
			return key, nil
		}
	}
	return nil, errors.New("is neither an RSA key nor one of the curve P-256")
}

// microsoft reports whether a token endpoint is one of Microsoft's clouds.
func microsoft(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	switch u.Hostname() {
	case "login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "login.windows.net":
		return true
	}
	return false
}
