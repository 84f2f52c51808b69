package published

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"bouncehound/notify"

	"github.com/mrz1836/postmark"
)

// A published program for Postmark reads our records, and every field of ours is one
// that it knows.
func TestPostmark(t *testing.T) {
	var got []string
	for _, r := range send(t, notify.Endpoint{Format: "postmark", Username: "robot", Password: "pa55word"}) {
		req := http.Request{Header: r.header}
		if user, password, _ := req.BasicAuth(); user != "robot" || password != "pa55word" {
			t.Errorf("basic authentication %q %q", user, password)
		}
		var base postmark.BaseEvent
		if err := json.Unmarshal(r.body, &base); err != nil {
			t.Fatalf("%v in %s", err, r.body)
		}
		switch base.RecordType {
		case "Bounce":
			var b postmark.BounceEvent
			strict(t, r.body, &b)
			got = append(got, fmt.Sprint(b.RecordType, b.ID, " ", b.Type, " ", b.TypeCode, " ", b.Inactive, " ", b.Email, " ", b.From, " ", b.Details, " ", b.Metadata, b.BouncedAt.Equal(at)))
		case "SpamComplaint":
			var c postmark.SpamComplaintEvent
			strict(t, r.body, &c)
			got = append(got, fmt.Sprint(c.RecordType, c.ID, " ", c.Type, " ", c.TypeCode, " ", c.Inactive, " ", c.CanActivate, " ", c.Email))
		case "Delivery":
			var d postmark.DeliveryEvent
			strict(t, r.body, &d)
			got = append(got, fmt.Sprint(d.RecordType, " ", d.Recipient, " ", d.MessageID, " ", d.DeliveredAt.Equal(at)))
		case "SubscriptionChange":
			var c postmark.SubscriptionChangeEvent
			strict(t, r.body, &c)
			got = append(got, fmt.Sprint(c.RecordType, " ", c.Recipient, " ", c.SuppressSending, " ", c.SuppressionReason, " ", c.Origin))
		default:
			t.Errorf("record %s", r.body)
		}
	}
	same(t, got, "Bounce1 HardBounce 1 true lena@example.com news@example.org smtp;550 5.1.1 User unknown map[X-Contact-Id:42] true",
		"Bounce2 SoftBounce 4096 false lena@example.com news@example.org smtp;550 5.1.1 User unknown map[X-Contact-Id:42] true",
		"SpamComplaint3 SpamComplaint 100001 true false lena@example.com", "Delivery lena@example.com 1.news@example.org true",
		"SubscriptionChange lena@example.com true ManualSuppression Customer", "SubscriptionChange lena@example.com false  Customer")
}
