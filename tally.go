package bouncehound

import "time"

// A tally is the bounces that have added up against one limit.
type tally struct {
	limit Limit
	facts []Fact         // oldest first; none too old for the newest
	same  map[common]int // how many of them count as one, by what they have in common
	alone int            // how many have nothing in common with any other
}

// common is what bounces that count as one have in common.
type common struct {
	day      int64  // its beginning in UTC, in seconds since 1970
	original string // Message-ID
}

// add adds a bounce, no older than those before, and drops those too old for it.
func (t *tally) add(f Fact) {
	recent := t.within(f.At)
	for _, old := range t.facts[:len(t.facts)-len(recent)] {
		t.note(old, -1)
	}
	t.facts = append(recent, f)
	t.note(f, 1)
}

func (t *tally) note(f Fact, by int) {
	var key common
	switch {
	case t.limit.AtMost == OncePerDay:
		key.day = f.At.Truncate(day).Unix()
	case t.limit.AtMost == OncePerMessage && f.Original != "":
		key.original = f.Original
	default:
		t.alone += by
		return
	}
	if t.same[key] += by; t.same[key] == 0 {
		delete(t.same, key)
	}
}

// count counts the bounces as the limit's AtMost says.
func (t *tally) count() int { return t.alone + len(t.same) }

// within returns the bounces that add up with one at now.
func (t *tally) within(now time.Time) []Fact {
	facts := t.facts
	for t.limit.Within > 0 && len(facts) > 0 && now.Sub(facts[0].At) > t.limit.Within {
		facts = facts[1:]
	}
	return facts
}

// emptied returns when the tally holds no bounce any more; zero: never.
func (t *tally) emptied() time.Time {
	if t.limit.Within == 0 {
		return time.Time{}
	}
	return t.facts[len(t.facts)-1].At.Add(t.limit.Within)
}
