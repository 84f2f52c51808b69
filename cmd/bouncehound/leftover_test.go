package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/poller/imaptest"
)

// TestLeftovers: what keeps things in the store for nobody is named, and what somebody
// may come for is not.
func TestLeftovers(t *testing.T) {
	l := newListing(t)
	store, ctx := l.open(), context.Background()
	for _, name := range []string{"crm", "old"} {
		if _, err := store.OpenCursor(ctx, name, bouncehound.StartBeginning); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"daily", "once"} {
		l.run(0, "export", "do-not-email", "--cursor", name)
		l.run(0, "export", "bounces", "--cursor", name)
	}
	l.run(0, "suppress", "lena@example.com")
	s := &settings{Config: &config.Config{
		Webhooks: []config.Webhook{{Name: "crm"}},
		Exports:  []config.Export{{What: "do-not-email", Cursor: "daily"}},
	}}
	s.Store.Retention.Events = 90 * 24 * time.Hour
	for age, want := range map[time.Duration]string{
		time.Hour:            "webhook old",
		91 * 24 * time.Hour:  "webhook old, export once",
		900 * 24 * time.Hour: "webhook old, export once",
	} {
		all, err := leftovers(ctx, s, store, time.Now().Add(age))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range all {
			got = append(got, one.part+" "+one.name)
			if !strings.Contains(one.text, "1 event since 20") || !strings.Contains(one.hint, "drop") {
				t.Errorf("%+v", one)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("after %v: %q, want %q", age, got, want)
		}
	}
	s.Store.Retention.Events = 0 // kept for ever, whoever reads them
	if all, err := leftovers(ctx, s, store, time.Now().AddDate(9, 0, 0)); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestLeftoversTold: the daemon names them when it starts.
func TestLeftoversTold(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	if _, err := w.open().OpenCursor(context.Background(), "old", bouncehound.StartNow); err != nil {
		t.Fatal(err)
	}
	d := w.start("run")
	d.await(`msg="not configured any more" webhook=old hint="configure it again, or bouncehound webhooks drop old"`)
	d.stop()
}
