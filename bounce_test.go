package bouncehound_test

import (
	"encoding/json"
	"testing"
	"time"

	. "bouncehound"
)

// TestBounceJSON pins the one form in which a bounce leaves the program: flat, keys
// in this order, absent values left out.
func TestBounceJSON(t *testing.T) {
	m := Message{Place: Place{Mailbox: "bounces", UID: 7}, InternalDate: onDay(1).In(time.FixedZone("", 3600)), Raw: []byte("x")}
	r := Report{
		Format: "dsn", MessageID: "<r@example.net>", ReportingMTA: "mx.example.net",
		Original:   Original{MessageID: "<o@example.org>", Subject: "Größe", Headers: map[string]string{"X-Contact-Id": "42"}},
		Recipients: []Recipient{{Action: Failed, Address: "lena@example.com", Final: "l@example.net", Status: "5.1.1", Reply: 550, Diagnostic: "550 no", RemoteMTA: "mx"}},
	}
	v := Verdict{Class: Hard, Reason: UserUnknown, Fault: FaultRecipient, SESType: "Permanent", SESSubtype: "General", Rule: "a/b", Matched: "no",
		Confidence: HighConfidence, Explanation: "E.", Advice: "A.", Retry: RetryNever}
	bounces := Bounces(m, r, []Verdict{v}, onDay(5))
	if len(bounces) != 1 || bounces[0].Message != m.ID() || bounces[0].Mailbox != "bounces" {
		t.Fatalf("bounces %+v", bounces)
	}
	bounces[0].Source, bounces[0].ID, bounces[0].Repeat = "a.eml", 9, true
	for _, c := range []struct {
		bounce Bounce
		want   string
	}{
		{bounces[0], `{"source":"a.eml","format":"dsn","message_id":"<r@example.net>","arrived_at":"2026-03-02T12:00:00Z","reporting_mta":"mx.example.net",` +
			`"action":"failed","recipient":"lena@example.com","final_recipient":"l@example.net","status":"5.1.1","reply":550,"diagnostic":"550 no","remote_mta":"mx",` +
			`"original":{"message_id":"<o@example.org>","subject":"Größe","headers":{"X-Contact-Id":"42"}},` +
			`"class":"hard","reason":"user_unknown","fault":"recipient","ses_type":"Permanent","ses_subtype":"General","rule":"a/b","matched":"no",` +
			`"confidence":"high","explanation":"E.","advice":"A.","retry":"never"}`},
		{Bounce{}, `{"action":"","recipient":"","class":"","reason":""}`},
		{NotABounce(m, Report{}, onDay(5)), `{"arrived_at":"2026-03-02T12:00:00Z","action":"none","recipient":"","class":"none","reason":"not_a_bounce"}`},
	} {
		got, err := json.Marshal(c.bounce)
		if err != nil {
			t.Fatal(err)
		}
		if want := escaped(t, c.want); string(got) != want {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
	}
	if got := Bounces(m, Report{}, nil, onDay(5)); got != nil {
		t.Errorf("a report without recipients gives %+v", got)
	}
}

// escaped returns JSON as package json writes it, "<" escaped.
func escaped(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(json.RawMessage(s))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestChangeEventType(t *testing.T) {
	for _, c := range []struct {
		from, to Standing
		want     EventType
	}{
		{OK, Watch, ContactWatch}, {OK, DoNotEmail, ContactDoNotEmail}, {Watch, DoNotEmail, ContactDoNotEmail},
		{Watch, OK, ContactOK}, {DoNotEmail, OK, ContactReleased}, {DoNotEmail, Watch, ContactReleased},
	} {
		if got := (Change{Previous: c.from, Standing: c.to}).EventType(); got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.from, c.to, got, c.want)
		}
	}
	got, err := json.Marshal(Change{Email: "lena@example.com", Standing: DoNotEmail, Previous: OK, Since: onDay(0), Cause: CauseHand, Sequence: 5})
	want := `{"email":"lena@example.com","standing":"do_not_email","previous":"ok","since":"2026-03-01T12:00:00Z","cause":"hand","sequence":5}`
	if err != nil || string(got) != want {
		t.Errorf("got\n%s, %v, want\n%s", got, err, want)
	}
}
