package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"bouncehound"
)

// sendgrid is SendGrid's event webhook: an array of events, of which we always send
// one. With a key it is signed as the signed event webhook is: ECDSA on P-256 over
// SHA-256 of the timestamp and the body, in DER and base64. The receiver has our
// public key.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
//
//	[{"email":"lena@example.com","timestamp":1767225600,"smtp-id":"<…>","event":"bounce","sg_event_id":"evt_…",
//	  "sg_message_id":"…","reason":"550 5.1.1 …","status":"5.1.1","type":"bounce","bounce_classification":"Invalid Address"}]
var sendgrid = dialect{
	name:  "sendgrid",
	types: []bouncehound.EventType{bouncehound.ContactDoNotEmail, bouncehound.BounceRecorded},
	open:  openSendgrid,
}

const (
	sendgridSignature = "X-Twilio-Email-Event-Webhook-Signature"
	sendgridTimestamp = "X-Twilio-Email-Event-Webhook-Timestamp"
)

func openSendgrid(secrets []string) (format, error) {
	switch len(secrets) {
	case 0: // the signature is an option there
		return saying{say: saySendgrid}, nil
	case 1:
	default:
		return nil, errors.New("secrets: sendgrid sends one signature, so there can be one key only")
	}
	key, err := ecdsaKey(secrets[0])
	if err != nil {
		return nil, fmt.Errorf("secret: %w; make one with: openssl ecparam -name prime256v1 -genkey -noout", err)
	}
	return saying{saySendgrid, func(h http.Header, now time.Time, body []byte) error {
		timestamp := strconv.FormatInt(now.Unix(), 10)
		sum := sha256.Sum256(append([]byte(timestamp), body...))
		signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		h.Set(sendgridSignature, base64.StdEncoding.EncodeToString(signature))
		h.Set(sendgridTimestamp, timestamp)
		return nil
	}}, nil
}

// ecdsaKey reads a private key of the curve P-256 in PEM, as PKCS #8 or SEC 1 have
// it. Its errors never quote it.
func ecdsaKey(text string) (*ecdsa.PrivateKey, error) {
	rest := []byte(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("no private key in PEM form")
		}
		var key any
		switch block.Type {
		case "PRIVATE KEY":
			key, _ = x509.ParsePKCS8PrivateKey(block.Bytes) // nil is told below
		case "EC PRIVATE KEY":
			key, _ = x509.ParseECPrivateKey(block.Bytes)
		default:
			continue // openssl writes the parameters of the curve before the key
		}
		if ec, ok := key.(*ecdsa.PrivateKey); ok && ec != nil && ec.Curve == elliptic.P256() {
			return ec, nil
		}
		return nil, errors.New("not a private key of the curve P-256 (prime256v1)")
	}
}

func saySendgrid(n notice, _ time.Time) (any, error) {
	e := map[string]any{"email": n.email, "timestamp": n.at.Unix(), "sg_event_id": n.event.ID}
	set := func(key, value string) {
		if value != "" {
			e[key] = value
		}
	}
	if n.bounce != nil {
		set("smtp-id", n.bounce.Original.MessageID)
		set("sg_message_id", n.messageID())
	}
	switch n.tiding() {
	case unusable, failure:
		e["event"], e["type"] = "bounce", "bounce"
		if n.tiding() == failure {
			e["type"] = "blocked" // the message was lost; the address is not suppressed
		}
		set("status", n.bounce.Status)
		set("reason", n.diagnostic())
		set("bounce_classification", sendgridClass(n.bounce.Reason))
	case complains:
		e["event"] = "spamreport"
	case barred:
		e["event"], e["reason"] = "dropped", "Bounced Address"
	case dropped:
		e["event"], e["reason"] = "dropped", "Bounced Address"
		set("status", n.bounce.Status)
	case pending:
		e["event"] = "deferred"
		set("response", n.diagnostic())
	case arrived:
		e["event"] = "delivered"
		set("response", n.diagnostic())
	default:
		return nil, nil
	}
	// Custom arguments stand beside the rest, and never replace it.
	for name, value := range n.headers() {
		if _, taken := e[name]; !taken {
			e[name] = value
		}
	}
	return []any{e}, nil
}

// sendgridClass returns SendGrid's word for a reason: one of the seven of its Bounces API.
// https://www.twilio.com/docs/sendgrid/api-reference/bounces-api/retrieve-bounces-by-specific-classification
func sendgridClass(r bouncehound.Reason) string {
	switch r {
	case bouncehound.UserUnknown, bouncehound.MailboxInactive, bouncehound.MailboxMoved, bouncehound.DomainNotFound:
		return "Invalid Address"
	case bouncehound.MailboxFull, bouncehound.RecipientRejected:
		return "Mailbox Unavailable"
	case bouncehound.DomainUnreachable, bouncehound.ConnectionFailed, bouncehound.ServerError,
		bouncehound.Expired, bouncehound.MailLoop, bouncehound.ProtocolError:
		return "Technical Failure"
	case bouncehound.SenderBlocked, bouncehound.SenderRejected, bouncehound.AuthFailed, bouncehound.RelayDenied, bouncehound.PolicyRefused:
		return "Reputation"
	case bouncehound.RateLimited:
		return "Frequency or Volume Too High"
	case bouncehound.SpamContent, bouncehound.Virus, bouncehound.MessageTooLarge, bouncehound.ContentRejected:
		return "Content"
	}
	return "Unclassified"
}
