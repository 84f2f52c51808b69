package notify

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
)

// That an endpoint takes nothing is told after some failures in a row, and at once if
// it is paused; not if it takes events again before that, or refuses one.
func TestWebhookFailing(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []int // the last for ever
		within  time.Duration
		want    int
	}{
		{"down for a minute", []int{500, 500, 500, 200}, time.Hour, 0},
		{"down for ever", []int{500}, 10 * time.Minute, failingAfter},
		{"paused", []int{410}, time.Minute, 1},
		{"refuses", []int{422, 200}, time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, crmHook := &memory{}, &hook{t: t}
				log.add("a@example.com", "b@example.com")
				answers := c.answers
				crmHook.answer = answering(&answers)
				runFor(t, newTestSender(t, crm(), log, crmHook), c.within)
				if c.want == 0 {
					if len(log.alerts) != 0 {
						t.Errorf("alerts %+v", log.alerts)
					}
					return
				}
				if len(log.alerts) == 0 {
					t.Fatal("no alert")
				}
				a := log.alerts[0]
				if a.Webhook != "crm" || a.Failures != c.want || a.Paused != (c.name == "paused") || !strings.HasPrefix(a.Error, "answered ") {
					t.Errorf("alert %+v", a)
				}
			})
		})
	}
}

// answering answers with one status after another; the last stays.
func answering(statuses *[]int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		status := (*statuses)[0]
		if len(*statuses) > 1 {
			*statuses = (*statuses)[1:]
		}
		return reply(status), nil
	}
}

// An endpoint gets alerts only if it asks for them by name; a dialect has no words for
// them.
func TestAlertsByName(t *testing.T) {
	for _, kind := range alerts {
		e := crm()
		s, err := New(e, &memory{}, nil)
		if err != nil || len(s.types) != len(contactEvents) {
			t.Errorf("types %v, %v", s.types, err)
		}
		for _, format := range Formats() {
			e := crm()
			e.Format, e.Template, e.Events = format, `{"text": {{json .error}}, "who": {{json .provider}}}`, []bouncehound.EventType{kind}
			e.Secrets = dialectSecret(t, format)
			if e.Secrets == nil && format != "listmonk" && format != "postmark" {
				e.Secrets = []string{secretA}
			}
			_, err := New(e, &memory{}, nil)
			if ours := format == "standard" || format == "template"; ours != (err == nil) {
				t.Errorf("%s of %s: %v", format, kind, err)
			}
		}
	}
}
