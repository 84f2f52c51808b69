package config

import (
	"maps"
	"slices"
	"time"

	"bouncehound"
)

// What is kept for how long if the configuration does not say.
const (
	keepRaw     = 90 * day
	keepBounces = 3 * year
	keepEvents  = 90 * day
	keepSent    = 180 * day // as old as messages may be that a poll reads
	leastSent   = 14 * day  // as long after what it is about as a bounce may come
)

// readRetention reads how long things are kept. Bounces are kept at least as long as
// the policy adds them up.
func readRetention(t *table, p bouncehound.Policy) Retention {
	name, longest := longestWindow(p)
	r := Retention{Raw: keepRaw, Bounces: max(keepBounces, longest), Events: keepEvents, Sent: keepSent}
	for _, one := range []struct {
		key  string
		into *time.Duration
	}{{"raw", &r.Raw}, {"bounces", &r.Bounces}, {"events", &r.Events}, {"sent", &r.Sent}} {
		t.duration(one.key, one.into, 0, forever)
		least := day
		if one.key == "sent" {
			least = leastSent
		}
		if *one.into > 0 && *one.into < least {
			t.wrong(one.key, `"0" keeps for ever`, "must be at least %s", spell(least))
		}
	}
	if r.Bounces >= day && r.Bounces < longest {
		t.wrong("bounces", "", "must be at least %s, as long as policy.%s.within adds bounces up", spell(longest), name)
	}
	t.done()
	return r
}

// longestWindow returns the longest time within which bounces add up, and what of the
// policy has it.
func longestWindow(p bouncehound.Policy) (name string, longest time.Duration) {
	limits := map[string]bouncehound.Limit{
		"hard": p.Hard, "soft": p.Soft, "transit": p.Transit, "complaint": p.Complaint, "block": p.Block, "undetermined": p.Undetermined,
	}
	for reason, l := range p.Reasons {
		limits["reason."+string(reason)] = l
	}
	for _, n := range slices.Sorted(maps.Keys(limits)) {
		if l := limits[n]; l.Count > 0 && l.Within > longest {
			name, longest = n, l.Within
		}
	}
	return name, longest
}
