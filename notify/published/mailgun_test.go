package published

import (
	"encoding/json"
	"fmt"
	"testing"

	"bouncehound/notify"

	"github.com/mailgun/mailgun-go/v4"
	"github.com/mailgun/mailgun-go/v4/events"
)

// Mailgun's own program verifies our signatures and reads our events.
func TestMailgun(t *testing.T) {
	mg := mailgun.NewMailgun("example.org", "api-key")
	mg.SetWebhookSigningKey("key-example")
	wrong := mailgun.NewMailgun("example.org", "api-key")
	wrong.SetWebhookSigningKey("another")
	tokens := map[string]bool{}
	var got []string
	for _, r := range send(t, notify.Endpoint{Format: "mailgun", Secrets: []string{"key-example"}}) {
		var payload mailgun.WebhookPayload
		if err := json.Unmarshal(r.body, &payload); err != nil {
			t.Fatalf("%v in %s", err, r.body)
		}
		if ok, err := mg.VerifyWebhookSignature(payload.Signature); err != nil || !ok {
			t.Errorf("signature %v, %v", ok, err)
		}
		if ok, _ := wrong.VerifyWebhookSignature(payload.Signature); ok {
			t.Error("valid under another key")
		}
		if tokens[payload.Signature.Token] || len(payload.Signature.Token) != 50 {
			t.Errorf("token %q", payload.Signature.Token)
		}
		tokens[payload.Signature.Token] = true
		event, err := mailgun.ParseEvent(payload.EventData)
		if err != nil {
			t.Fatalf("%v in %s", err, payload.EventData)
		}
		if event.GetID() == "" || event.GetTimestamp().UnixMilli() != at.UnixMilli() {
			t.Errorf("event %q at %v", event.GetID(), event.GetTimestamp())
		}
		switch e := event.(type) {
		case *events.Failed:
			got = append(got, fmt.Sprint(e.Name, " ", e.Severity, " ", e.Reason, " ", e.Recipient, " ", e.DeliveryStatus.Code, " ", e.Message.Headers.MessageID))
		case *events.Complained:
			got = append(got, fmt.Sprint(e.Name, " ", e.Recipient, " ", e.UserVariables))
		case *events.Delivered:
			got = append(got, fmt.Sprint(e.Name, " ", e.Recipient, " ", e.RecipientDomain))
		default:
			t.Errorf("event %T", event)
		}
	}
	same(t, got, "failed permanent bounce lena@example.com 550 1.news@example.org", "failed temporary generic lena@example.com 550 1.news@example.org",
		"complained lena@example.com map[X-Contact-Id:42]", "delivered lena@example.com example.com", "failed permanent suppress-bounce lena@example.com 605 ")
}
