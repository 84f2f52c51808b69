package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"bouncehound/poller/imaptest"
)

// TestAlerts: an endpoint that asks is told of a mailbox that fails three times, of another
// endpoint that is shut, and of a provider that refuses the sender, once each; one that does
// not ask is not.
func TestAlerts(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	ops := newTestReceiver(t)
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	good := string(text) + `
[[webhook]]
name = "ops"
url = "http://` + ops.address + `/"
secret = "` + ops.secret + `"
start = "beginning"
events = ["mailbox.failing", "webhook.failing", "sender.blocked"]
`
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	types := func() (all []string) {
		for _, e := range ops.all(t) {
			all = append(all, e.Type)
		}
		return all
	}
	// Nobody listens on the port of the discard service.
	write(strings.Replace(good, w.server.Addr, "127.0.0.1:9", 1))
	for range 2 {
		w.run(1, "poll")
	}
	write(good)
	w.run(0, "poll") // it works, and the count begins anew
	write(strings.Replace(good, w.server.Addr, "127.0.0.1:9", 1))
	for range 2 {
		w.run(1, "poll")
	}
	if got := types(); len(got) != 0 {
		t.Errorf("told of %q after two failures", got)
	}
	for range 3 {
		w.run(1, "poll")
	}
	if got := types(); !slices.Equal(got, []string{"mailbox.failing"}) {
		t.Errorf("told of %q", got)
	}

	write(good)
	for _, id := range []string{"1", "2", "3"} { // three contacts, one incident
		w.append(failedDSN(id, "c"+id+"@example.com", "5.7.1", "554 5.7.1 Your IP address [192.0.2.1] is listed on a blocklist"))
	}
	w.receiver.answer = func() int { return 410 }
	w.run(1, "poll")
	w.run(1, "poll") // of the endpoint that was paused
	if got := types(); len(got) != 3 || !slices.Contains(got, "sender.blocked") || !slices.Contains(got, "webhook.failing") {
		t.Errorf("told of %q", got)
	}
	w.receiver.answer = nil
	w.run(0, "webhooks", "resume", "crm")
	w.run(0, "poll")
	for _, e := range w.receiver.all(t) {
		if !strings.HasPrefix(e.Type, "bounce.") && !strings.HasPrefix(e.Type, "contact.") {
			t.Errorf("the app was told of %s", e.Type)
		}
	}
	if n := len(ops.all(t)); n != 3 {
		t.Errorf("%d alerts", n)
	}
}
