package notify

import (
	"net/textproto"
	"regexp"
	"time"

	"bouncehound"
)

// listmonk is the bounce webhook of listmonk: POST /webhooks/bounce, with the name
// and the token of an API user as basic authentication.
// https://listmonk.app/docs/bounces/#webhook-api
//
//	{"email":"lena@example.com","campaign_uuid":"9f86b50d-5711-41c8-ab03-bc91c43d711b",
//	 "source":"bouncehound","type":"hard","meta":{…},"created_at":"2026-01-27T16:28:50Z"}
var listmonk = dialect{
	name:  "listmonk",
	types: []bouncehound.EventType{bouncehound.ContactDoNotEmail, bouncehound.BounceRecorded},
	open:  unsigned(sayListmonk),
}

type listmonkBounce struct {
	Email          string       `json:"email"`
	SubscriberUUID string       `json:"subscriber_uuid,omitempty"`
	CampaignUUID   string       `json:"campaign_uuid,omitempty"`
	Source         string       `json:"source"`
	Type           string       `json:"type"` // hard, soft or complaint; anything else is answered 400
	Meta           listmonkMeta `json:"meta"` // kept and shown as it is
	CreatedAt      time.Time    `json:"created_at"`
}

type listmonkMeta struct {
	Event      string             `json:"event"`
	Class      bouncehound.Class  `json:"class,omitempty"`
	Reason     bouncehound.Reason `json:"reason,omitempty"`
	Status     string             `json:"status,omitempty"`
	Diagnostic string             `json:"diagnostic,omitempty"`
	MessageID  string             `json:"message_id,omitempty"`
	Cause      bouncehound.Cause  `json:"cause,omitempty"`
	Headers    map[string]string  `json:"headers,omitempty"`
}

func sayListmonk(n notice, _ time.Time) (any, error) {
	kind := ""
	switch n.tiding() {
	case unusable, barred:
		kind = "hard"
	case complains:
		kind = "complaint"
	case failure:
		// listmonk counts soft bounces against the subscriber, who has no part in a block.
		if n.bounce.Class != bouncehound.Soft {
			return nil, nil
		}
		kind = "soft"
	default:
		return nil, nil
	}
	b := listmonkBounce{
		Email: n.email, Source: "bouncehound", Type: kind, CreatedAt: n.at.UTC(),
		Meta: listmonkMeta{Event: n.event.ID, Headers: n.headers(), MessageID: n.messageID(), Diagnostic: n.diagnostic()},
	}
	// listmonk writes these into every mail; they come back if they are captured.
	for name, value := range n.headers() {
		if !uuid.MatchString(value) {
			continue // it would be answered 400
		}
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "X-Listmonk-Campaign":
			b.CampaignUUID = value
		case "X-Listmonk-Subscriber":
			b.SubscriberUUID = value
		}
	}
	if n.bounce != nil {
		b.Meta.Class, b.Meta.Reason, b.Meta.Status = n.bounce.Class, n.bounce.Reason, n.bounce.Status
	}
	if n.change != nil {
		b.Meta.Cause = n.change.Cause
	}
	return b, nil
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
