package poller

import (
	"testing"
	"time"

	"bouncehound"
)

// TestDue: what a clock that is wrong has written puts no message off for years.
func TestDue(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		tries int
		at    time.Time
		want  bool
	}{
		{1, now, true},
		{3, now.Add(-59 * time.Minute), false},
		{3, now.Add(-time.Hour), true},
		{3, now.AddDate(12, 0, 0), true},
		{8, now.Add(-95 * time.Hour), false},
		{9, now.AddDate(-1, 0, 0), false}, // given up
		{9, now.AddDate(1, 0, 0), false},
	} {
		if got := due(bouncehound.Withheld{Tries: c.tries, TriedAt: c.at}, now); got != c.want {
			t.Errorf("%d tries, the last at %s: due %v", c.tries, c.at, got)
		}
	}
}
