package notify

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bouncehound"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// standard is the format of our own: Standard Webhooks 1.0.0.
type standard struct{ keys }

// body returns type, timestamp and data, which is as it was stored to the byte.
func (standard) body(e bouncehound.Event, _ time.Time) ([]byte, error) {
	data := e.Data
	if len(data) == 0 {
		data = []byte("null")
	}
	if !json.Valid(data) {
		return nil, errors.New("the stored data of the event is no JSON")
	}
	b := make([]byte, 0, len(data)+100)
	b = append(b, `{"type":`...)
	b = strconv.AppendQuote(b, string(e.Type))
	b = append(b, `,"timestamp":"`...)
	b = e.At.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","data":`...)
	b = append(b, data...)
	return append(b, '}'), nil
}

// keys sign as Standard Webhooks says; during a rotation of secrets there are two.
type keys []*standardwebhooks.Webhook

// sign sets the three header fields of Standard Webhooks, with a space between the
// signatures if there are two.
func (k keys) sign(h http.Header, id string, now time.Time, body []byte) error {
	signatures := make([]string, len(k))
	for i, key := range k {
		signature, err := key.Sign(id, now, body)
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		signatures[i] = signature
	}
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}

// signingKeys reads the secrets, whose form Standard Webhooks gives: the prefix
// whsec_ and base64 of 24 to 64 octets.
func signingKeys(secrets []string) (keys, error) {
	const advice = `write "whsec_" and base64 of 24 to 64 random octets, as: echo whsec_$(openssl rand -base64 32)`
	if len(secrets) < 1 || len(secrets) > 2 {
		return nil, fmt.Errorf("secrets: %d given; one is needed, two during rotation", len(secrets))
	}
	var all keys
	for i, secret := range secrets {
		encoded, ok := strings.CutPrefix(strings.TrimSpace(secret), "whsec_")
		if !ok {
			return nil, fmt.Errorf("secret %d: does not begin with whsec_; %s", i+1, advice)
		}
		octets, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("secret %d: what follows whsec_ is not base64; %s", i+1, advice)
		}
		if len(octets) < 24 || len(octets) > 64 {
			return nil, fmt.Errorf("secret %d: %d octets long; %s", i+1, len(octets), advice)
		}
		key, err := standardwebhooks.NewWebhookRaw(octets)
		if err != nil {
			return nil, fmt.Errorf("secret %d: cannot be used; %s", i+1, advice)
		}
		all = append(all, key)
	}
	return all, nil
}
