package main

import (
	"slices"
	"strings"
	"testing"

	"bouncehound/poller/imaptest"
)

// TestWebhooksMend takes an endpoint through what can go wrong with it: it refuses an
// event, shuts itself off, hangs at one event, and loses what it got.
func TestWebhooksMend(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	answer := 422
	w.receiver.answer = func() int { return answer }
	w.append(unknownUser("1", "lena@example.com"))
	w.run(0, "poll") // both events are set aside
	state := func(want string) {
		t.Helper()
		if stdout, _ := w.run(0, "webhooks", "list", "--output", "json"); !strings.Contains(stdout, want) {
			t.Errorf("no %s in %s", want, stdout)
		}
	}
	state(`"dead_letters":2`)
	w.run(0, "release", "lena@example.com")
	answer = 410
	w.run(1, "poll")
	state(`"paused":true`)
	if stdout, _ := w.run(1, "webhooks", "retry", "crm"); !strings.Contains(stdout, "0 dead letters sent") {
		t.Errorf("retry of a paused endpoint: %s", stdout)
	}

	answer = 500
	w.run(0, "webhooks", "resume", "crm")
	w.run(1, "poll")
	state(`"attempts":1`)
	if stdout, _ := w.run(0, "webhooks", "skip", "crm"); !strings.Contains(stdout, "event 3 (contact.released) is a dead letter now") {
		t.Errorf("skip: %s", stdout)
	}
	w.run(1, "webhooks", "skip", "crm") // nothing is left to skip

	answer = 200
	// The bounce and the release are sent; that lena was flagged is superseded.
	if stdout, _ := w.run(0, "webhooks", "retry", "crm"); !strings.Contains(stdout, "2 dead letters sent, 1 superseded") {
		t.Errorf("retry: %s", stdout)
	}
	w.run(0, "webhooks", "rewind", "crm", "0")
	w.run(0, "poll")
	var types []string
	for _, e := range w.receiver.all(t) {
		types = append(types, e.Type)
	}
	want := []string{"bounce.recorded", "contact.released", "bounce.recorded", "contact.do_not_email", "contact.released"}
	if !slices.Equal(types, want) {
		t.Errorf("came %q, want %q", types, want)
	}
	state(`"lag":0`)

	for _, args := range [][]string{{"rewind", "crm", "-1"}, {"rewind", "crm"}, {"resume", "other"}} {
		w.run(2, append([]string{"webhooks"}, args...)...)
	}
}
