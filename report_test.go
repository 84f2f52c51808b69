package bouncehound_test

import (
	"testing"
	"time"

	. "bouncehound"
)

func TestArrivedAt(t *testing.T) {
	early, middle, late := onDay(1), onDay(2), onDay(3)
	now := onDay(10)
	for _, c := range []struct {
		name                     string
		internal, received, date time.Time
		want                     time.Time
	}{
		{"INTERNALDATE is earlier", early, late, middle, early},
		{"Received is earlier", late, early, middle, early},
		{"only INTERNALDATE", middle, time.Time{}, early, middle},
		{"only Received", time.Time{}, middle, early, middle},
		{"only Date", time.Time{}, time.Time{}, late, late},
		{"none", time.Time{}, time.Time{}, time.Time{}, now},
		{"not later than now", onDay(11), onDay(12), time.Time{}, now},
		{"a clock ahead, and a good one", onDay(11), late, time.Time{}, late},
	} {
		r := Report{Received: c.received, Date: c.date}
		if got := r.ArrivedAt(c.internal.In(time.FixedZone("", 3600)), now); !c.internal.IsZero() && (!got.Equal(c.want) || got.Location() != time.UTC) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := r.ArrivedAt(c.internal, now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestUnderstood(t *testing.T) {
	for action, want := range map[Action]bool{
		Failed: true, Delayed: true, Delivered: true, Relayed: true, Expanded: true, Complained: true,
		Replied: false, Challenged: false, NoAction: false, "": false,
	} {
		r := Report{Recipients: []Recipient{{Action: Replied}, {Action: action}}}
		if got := r.Understood(); got != want {
			t.Errorf("%q: %v, want %v", action, got, want)
		}
		kind := KindOther
		if want {
			kind = KindReport
		}
		if got := (Judged{Report: r}).Kind(); got != kind {
			t.Errorf("%q: kind %s, want %s", action, got, kind)
		}
	}
	if got := (Judged{Report: Report{Unread: true}}).Kind(); got != KindUnread {
		t.Errorf("kind %s, want unread", got)
	}
}

func TestElsewhere(t *testing.T) {
	for _, c := range []struct {
		address, final string
		want           bool
	}{
		{"lena@example.com", "", false},
		{"lena@example.com", "lena@mail7.example.net", false}, // the provider's own name for it, or a forward of her own
		{"Lena@example.com", "lena@EXAMPLE.net", false},
		{"team@example.com", "anna@example.com", true},
		{"", "anna@example.com", false},
	} {
		if got := (Recipient{Address: c.address, Final: c.final}).Elsewhere(); got != c.want {
			t.Errorf("%s, ended at %s: %v", c.address, c.final, got)
		}
	}
}
