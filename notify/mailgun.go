package notify

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"bouncehound"
)

// mailgun is Mailgun's webhook: one event, and in the body the HMAC-SHA256 of a
// timestamp and a token under the webhook signing key, in hexadecimal. It proves who
// sends and not what is sent, so there is nothing in the header.
// https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads
//
//	{"signature":{"timestamp":"1767225600","token":"…","signature":"…"},
//	 "event-data":{"event":"failed","severity":"permanent","reason":"bounce","id":"evt_…","timestamp":1767225600.5,
//	  "log-level":"error","recipient":"lena@example.com","recipient-domain":"example.com",
//	  "message":{"headers":{"message-id":"…"}},"delivery-status":{"code":550,"message":"5.1.1 …"},
//	  "flags":{},"tags":[],"campaigns":[],"user-variables":{"X-Contact-Id":"42"}}}
var mailgun = dialect{
	name:  "mailgun",
	types: []bouncehound.EventType{bouncehound.ContactDoNotEmail, bouncehound.BounceRecorded},
	open:  openMailgun,
}

func openMailgun(secrets []string) (format, error) {
	if len(secrets) != 1 || secrets[0] == "" {
		return nil, errors.New("secrets: mailgun needs one, which the receiver has as its webhook signing key")
	}
	key := []byte(secrets[0])
	return saying{say: func(n notice, now time.Time) (any, error) {
		event := sayMailgun(n)
		if event == nil {
			return nil, nil
		}
		return map[string]any{"signature": signMailgun(key, now), "event-data": event}, nil
	}}, nil
}

// A mailgunSignature is made anew for each attempt: receivers may refuse a token that
// they have seen.
type mailgunSignature struct {
	Timestamp string `json:"timestamp"`
	Token     string `json:"token"`
	Signature string `json:"signature"`
}

func signMailgun(key []byte, now time.Time) mailgunSignature {
	token := make([]byte, 25)
	rand.Read(token) // never fails
	s := mailgunSignature{Timestamp: strconv.FormatInt(now.Unix(), 10), Token: hex.EncodeToString(token)}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(s.Timestamp + s.Token))
	s.Signature = hex.EncodeToString(mac.Sum(nil))
	return s
}

type mailgunEvent struct {
	Event           string            `json:"event"`
	ID              string            `json:"id"`
	Timestamp       float64           `json:"timestamp"`
	LogLevel        string            `json:"log-level"`
	Severity        string            `json:"severity,omitempty"`
	Reason          string            `json:"reason,omitempty"`
	Recipient       string            `json:"recipient"`
	RecipientDomain string            `json:"recipient-domain"`
	Message         mailgunMessage    `json:"message"`
	DeliveryStatus  *mailgunStatus    `json:"delivery-status,omitempty"`
	Envelope        *mailgunEnvelope  `json:"envelope,omitempty"`
	Flags           map[string]bool   `json:"flags"`
	Tags            []string          `json:"tags"`
	Campaigns       []string          `json:"campaigns"`
	UserVariables   map[string]string `json:"user-variables"`
}

type mailgunMessage struct {
	Headers     map[string]string `json:"headers"`
	Attachments []string          `json:"attachments"`
}

type mailgunStatus struct {
	Code         int    `json:"code"`
	EnhancedCode string `json:"enhanced-code,omitempty"`
	MXHost       string `json:"mx-host,omitempty"`
	Message      string `json:"message"`
	Description  string `json:"description"`
	AttemptNo    int    `json:"attempt-no"`
}

type mailgunEnvelope struct {
	Sender    string `json:"sender"`
	Targets   string `json:"targets"`
	Transport string `json:"transport"`
}

// sayMailgun returns nil if there is no counterpart. Only what speaks against the
// address is permanent: receivers suppress on that word alone.
func sayMailgun(n notice) *mailgunEvent {
	e := n.mailgun()
	switch n.tiding() {
	case unusable:
		e.Event, e.Severity, e.Reason, e.LogLevel = "failed", "permanent", "bounce", "error"
	case dropped, barred:
		e.Event, e.Severity, e.Reason, e.LogLevel = "failed", "permanent", "suppress-bounce", "error"
		e.DeliveryStatus = &mailgunStatus{Code: 605, Message: "Not delivering to previously bounced address", AttemptNo: 1}
	case failure:
		e.Event, e.Severity, e.Reason, e.LogLevel = "failed", "temporary", "generic", "warn"
		if n.bounce.Class == bouncehound.Block {
			e.Reason = "espblock"
		}
	case pending:
		e.Event, e.Severity, e.Reason, e.LogLevel = "failed", "temporary", "generic", "warn"
	case complains:
		e.Event, e.LogLevel, e.DeliveryStatus, e.Envelope = "complained", "warn", nil, nil
	case arrived:
		e.Event, e.LogLevel = "delivered", "info"
	default:
		return nil
	}
	return e
}

// mailgun returns what all events have.
func (n notice) mailgun() *mailgunEvent {
	e := &mailgunEvent{
		ID: n.event.ID, Timestamp: float64(n.at.UnixMicro()) / 1e6, Recipient: n.email, RecipientDomain: bouncehound.Domain(n.email),
		Message: mailgunMessage{Headers: map[string]string{}, Attachments: []string{}},
		Flags:   map[string]bool{"is-test-mode": false},
		Tags:    []string{}, Campaigns: []string{}, UserVariables: n.headers(),
	}
	if e.UserVariables == nil {
		e.UserVariables = map[string]string{}
	}
	if n.bounce == nil {
		return e
	}
	o := n.bounce.Original
	for key, value := range map[string]string{"message-id": n.messageID(), "from": o.From, "to": o.To, "subject": o.Subject} {
		if value != "" {
			e.Message.Headers[key] = value
		}
	}
	e.DeliveryStatus = &mailgunStatus{
		Code: n.bounce.Reply, EnhancedCode: n.bounce.Status, MXHost: n.bounce.RemoteMTA, Message: n.bounce.Diagnostic, AttemptNo: 1,
	}
	if sender := n.sender(); sender != "" {
		e.Envelope = &mailgunEnvelope{Sender: sender, Targets: n.email, Transport: "smtp"}
	}
	return e
}
