package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// A sample is one event, named for what it is about.
type named struct {
	name  string
	event bouncehound.Event
}

// everything returns an event of every kind that dialects tell apart.
func everything() (all []named) {
	at := time.Date(2026, 1, 27, 14, 59, 44, 500_000_000, time.UTC)
	bounce := func(action bouncehound.Action, class bouncehound.Class, reason bouncehound.Reason, status, diagnostic string) bouncehound.Bounce {
		return bouncehound.Bounce{
			ArrivedAt: at.Add(-time.Hour),
			Recipient: bouncehound.Recipient{Action: action, Address: "Lena@example.com", Status: status, Reply: 550, Diagnostic: diagnostic, RemoteMTA: "mx.example.com"},
			Original: bouncehound.Original{
				MessageID: "<1.news@example.org>", Subject: "News <1>", From: "News <news@example.org>", To: "Lena@example.com",
				Headers: map[string]string{"X-Contact-Id": "42", "email": "not this"},
			},
			Verdict: bouncehound.Verdict{Class: class, Reason: reason, Fault: bouncehound.FaultRecipient},
		}
	}
	add := func(name string, kind bouncehound.EventType, data any) {
		b, err := json.Marshal(data)
		if err != nil {
			panic(err)
		}
		n := int64(len(all) + 1)
		all = append(all, named{name, bouncehound.Event{Sequence: n, ID: "evt_" + strings.Repeat("0", 31) + string(rune('a'+n)), Type: kind, At: at, Data: b}})
	}
	hard := bounce(bouncehound.Failed, bouncehound.Hard, bouncehound.UserUnknown, "5.1.1", "550 5.1.1 User unknown")
	full := bounce(bouncehound.Failed, bouncehound.Soft, bouncehound.MailboxFull, "4.2.2", "452 4.2.2 Mailbox full")
	complaint := bounce(bouncehound.Complained, bouncehound.Complaint, bouncehound.ComplaintReceived, "", "")
	bare := bouncehound.Bounce{Recipient: bouncehound.Recipient{Action: bouncehound.Failed, Address: "lena@example.com"}, Verdict: bouncehound.Verdict{Class: bouncehound.Hard, Reason: bouncehound.UserUnknown}}
	elsewhere := hard
	elsewhere.Final = "otto@example.net"
	noAddress := hard
	noAddress.Address = ""
	listmonk := hard
	listmonk.Original.Headers = map[string]string{"X-Listmonk-Campaign": "9f86b50d-5711-41c8-ab03-bc91c43d711b", "x-listmonk-subscriber": "no uuid"}
	for _, b := range []struct {
		name string
		data bouncehound.Bounce
	}{
		{"hard", hard}, {"hard, little known", bare}, {"hard, no address", noAddress}, {"hard, of listmonk", listmonk}, {"hard, elsewhere", elsewhere}, {"soft", full},
		{"domain unreachable", bounce(bouncehound.Failed, bouncehound.Soft, bouncehound.DomainUnreachable, "4.4.3", "Host not found")},
		{"blocked", bounce(bouncehound.Failed, bouncehound.Block, bouncehound.SenderBlocked, "5.7.1", "554 5.7.1 Listed")},
		{"spam", bounce(bouncehound.Failed, bouncehound.Block, bouncehound.SpamContent, "5.7.1", "554 5.7.1 Spam")},
		{"virus", bounce(bouncehound.Failed, bouncehound.Block, bouncehound.Virus, "5.7.1", "554 5.7.1 Virus")},
		{"undetermined", bounce(bouncehound.Failed, bouncehound.Undetermined, bouncehound.ReasonUndetermined, "5.0.0", "failed")},
		{"suppressed", bounce(bouncehound.Failed, bouncehound.Block, bouncehound.Suppressed, "5.0.0", "605 Not delivering")},
		{"complaint", complaint},
		{"delayed", bounce(bouncehound.Delayed, bouncehound.None, bouncehound.ReasonDelayed, "4.4.1", "timed out")},
		{"delivered", bounce(bouncehound.Delivered, bouncehound.None, bouncehound.ReasonDelivered, "2.0.0", "250 OK")},
		{"relayed", bounce(bouncehound.Relayed, bouncehound.None, bouncehound.ReasonDelivered, "2.0.0", "250 OK")},
		{"automatic reply", bounce(bouncehound.Replied, bouncehound.None, bouncehound.ReasonAutoReply, "", "")},
		{"challenge", bounce(bouncehound.Challenged, bouncehound.None, bouncehound.ReasonChallenged, "", "")},
	} {
		add(b.name, bouncehound.BounceRecorded, b.data)
	}
	for _, c := range []struct {
		name               string
		standing, previous bouncehound.Standing
		cause              bouncehound.Cause
		bounce             *bouncehound.Bounce
	}{
		{"flagged by a hard bounce", bouncehound.DoNotEmail, bouncehound.OK, bouncehound.CauseBounce, &hard},
		{"flagged by soft bounces", bouncehound.DoNotEmail, bouncehound.Watch, bouncehound.CauseBounce, &full},
		{"flagged by a complaint", bouncehound.DoNotEmail, bouncehound.OK, bouncehound.CauseComplaint, &complaint},
		{"flagged by hand", bouncehound.DoNotEmail, bouncehound.OK, bouncehound.CauseHand, nil},
		{"released", bouncehound.OK, bouncehound.DoNotEmail, bouncehound.CauseHand, nil},
		{"watched", bouncehound.Watch, bouncehound.OK, bouncehound.CauseBounce, &full},
		{"ok again", bouncehound.OK, bouncehound.Watch, bouncehound.CauseExpired, nil},
	} {
		change := bouncehound.Change{Email: "Lena@example.com", Standing: c.standing, Previous: c.previous, Since: at, Cause: c.cause, Bounce: c.bounce}
		add(c.name, change.EventType(), change)
	}
	return all
}

// dialectSecret is a secret that the dialect can use.
func dialectSecret(t *testing.T, name string) []string {
	switch name {
	case "mailgun":
		return []string{"key-example"}
	case "sendgrid":
		private, _ := newECDSA(t)
		return []string{private}
	}
	return nil
}

// What each dialect says of everything there is: testdata/NAME.json, one line each.
func TestDialects(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			f, err := d.open(dialectSecret(t, d.name))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			for _, e := range everything() {
				body, err := f.body(e.event, e.event.At)
				switch {
				case errors.Is(err, errNoCounterpart):
					body = []byte(`"no counterpart"`)
				case err != nil:
					t.Fatalf("%s: %v", e.name, err)
				}
				var v any
				if err := json.Unmarshal(body, &v); err != nil {
					t.Fatalf("%s: %v in %s", e.name, err, body)
				}
				if m, ok := v.(map[string]any); ok {
					delete(m, "signature") // made anew each time
				}
				line, err := encode(map[string]any{e.name: v})
				if err != nil {
					t.Fatal(err)
				}
				out.Write(append(line, '\n'))
			}
			golden := "testdata/" + d.name + ".json"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("got\n%swant\n%s", out.Bytes(), want)
			}
		})
	}
}

// Nobody is blamed wrongly in any dialect: of the events that say nothing against an
// address, none comes out as the word that receivers suppress on.
func TestDialectsBlameNobody(t *testing.T) {
	innocent := []string{"hard, elsewhere", "soft", "domain unreachable", "blocked", "spam", "virus", "undetermined", "delayed", "delivered", "relayed", "automatic reply", "challenge", "released", "watched", "ok again"}
	blame := map[string][]string{
		"listmonk": {`"type":"hard"`, `"type":"complaint"`},
		"postmark": {`"Inactive":true`, `"Type":"HardBounce"`, `"SuppressSending":true`, `"SpamComplaint"`},
		"sendgrid": {`"type":"bounce"`, `"event":"dropped"`, `"event":"spamreport"`},
		"mailgun":  {`"severity":"permanent"`, `"event":"complained"`},
	}
	for _, d := range dialects {
		f, err := d.open(dialectSecret(t, d.name))
		if err != nil {
			t.Fatal(err)
		}
		blamed := 0
		for _, e := range everything() {
			body, err := f.body(e.event, e.event.At)
			if err != nil && !errors.Is(err, errNoCounterpart) {
				t.Fatal(err)
			}
			for _, word := range blame[d.name] {
				if !bytes.Contains(body, []byte(word)) {
					continue
				}
				blamed++
				for _, name := range innocent {
					if e.name == name {
						t.Errorf("%s: %s says %s", d.name, e.name, word)
					}
				}
			}
		}
		if blamed < 5 {
			t.Errorf("%s blames %d times only", d.name, blamed)
		}
	}
}

// What cannot be said is passed, counted, and holds up nothing.
func TestSkipped(t *testing.T) {
	log, receiver := &memory{}, &plainHook{}
	for i, e := range everything() {
		e.event.Sequence = int64(i + 1)
		log.events = append(log.events, e.event)
	}
	e := crm()
	e.Format, e.Secrets, e.Username, e.Password = "listmonk", nil, "robot", "pa55word"
	e.Events = []bouncehound.EventType{bouncehound.BounceRecorded, bouncehound.ContactDoNotEmail}
	s := newTestSender(t, e, log, receiver)
	if err := s.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := log.cursor("crm")
	if len(receiver.bodies) != 10 || c.Skipped != 12 || c.Sequence != log.last() || len(log.letters) != 0 {
		t.Errorf("%d sent, cursor %+v, %d dead letters", len(receiver.bodies), c, len(log.letters))
	}
	for _, h := range receiver.headers {
		r := http.Request{Header: h}
		if user, password, _ := r.BasicAuth(); user != "robot" || password != "pa55word" || h.Get("webhook-id") != "" {
			t.Errorf("header %v", h)
		}
	}
	head, err := s.Skip(t.Context())
	if !errors.Is(err, ErrNothingToSkip) {
		t.Errorf("skipped %+v, %v", head, err)
	}
}

// A plainHook takes whatever comes.
type plainHook struct {
	bodies  []string
	headers []http.Header
}

func (h *plainHook) RoundTrip(r *http.Request) (*http.Response, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		return nil, err
	}
	h.bodies, h.headers = append(h.bodies, b.String()), append(h.headers, r.Header)
	resp := reply(200)
	resp.Request = r
	return resp, nil
}

// A template that makes nothing of a bounce is tested with an event that it knows; one that
// makes nothing of any says so.
func TestTemplateTest(t *testing.T) {
	for _, c := range []struct{ template, sent string }{
		{`{{if eq .type "contact.do_not_email"}}{"lead":{{json .email}}}{{end}}`, `{"lead":"webhook-test@example.invalid"}`},
		{`{"type":{{json .type}}}`, `{"type":"bounce.recorded"}`},
		{`{{if eq .type "contact.moved"}}{}{{end}}`, ``},
	} {
		e := crm()
		e.Format, e.Template = "template", c.template
		receiver := &plainHook{}
		err := newTestSender(t, e, &memory{}, receiver).Test(t.Context())
		if sent := strings.Join(receiver.bodies, "\n"); sent != c.sent || (err == nil) != (sent != "") {
			t.Errorf("%s: sent %s, %v", c.template, sent, err)
		}
	}
}

// A test event of a dialect is a soft bounce of an address that cannot be.
func TestDialectTest(t *testing.T) {
	for _, d := range dialects {
		e := crm()
		e.Format, e.Secrets = d.name, dialectSecret(t, d.name)
		receiver := &plainHook{}
		if err := newTestSender(t, e, &memory{}, receiver).Test(t.Context()); err != nil {
			t.Errorf("%s: %v", d.name, err)
		}
		if len(receiver.bodies) != 1 || !strings.Contains(receiver.bodies[0], sampleAddress) {
			t.Errorf("%s sent %s", d.name, receiver.bodies)
		}
	}
}
