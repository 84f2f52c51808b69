package bouncehound

import "time"

// A counting is the bounces of one contact that have added up, by limit.
type counting struct {
	policy  *Policy
	tallies map[kind]*tally
	last    *tally // the one added to last, of kind lastOf: often it is the next one too
	lastOf  kind
}

// add adds a bounce, no older than those before, and says against which limit it
// counts and whether that is reached.
func (c *counting) add(f *Fact) (limit Limit, over bool) {
	of, limit := c.policy.limit(f)
	if limit.Count <= 0 {
		return limit, false
	}
	t := c.last
	if t == nil || of != c.lastOf {
		if t = c.tallies[of]; t == nil {
			if c.tallies == nil {
				c.tallies = map[kind]*tally{}
			}
			t = &tally{limit: limit}
			c.tallies[of] = t
		}
		c.last, c.lastOf = t, of
	}
	t.add(f)
	return limit, t.n >= limit.Count && (limit.Grace <= 0 || f.At.Sub(t.facts[0].At) > limit.Grace)
}

// clear forgets all bounces and says whether there were any.
func (c *counting) clear() bool {
	any := c.any()
	clear(c.tallies)
	c.last = nil
	return any
}

func (c *counting) any() bool { return len(c.tallies) > 0 }

// emptied returns when the last of the counts holds no bounce any more; zero if
// one of them never does.
func (c *counting) emptied() time.Time {
	var end time.Time
	for _, t := range c.tallies {
		at := t.emptied()
		if at.IsZero() {
			return time.Time{}
		}
		end = later(end, at)
	}
	return end
}

// watching returns the decision watch if any count still holds a bounce at now,
// since the earliest of them and because of the latest.
func (c *counting) watching(now time.Time) (Decision, bool) {
	var first, last *Fact
	for _, t := range c.tallies {
		facts := t.within(now)
		if len(facts) == 0 {
			continue
		}
		if f := facts[0]; first == nil || f.At.Before(first.At) {
			first = f
		}
		for i := len(facts) - 1; i >= 0 && facts[i].At.Equal(facts[len(facts)-1].At); i-- {
			if f := facts[i]; last == nil || f.At.After(last.At) || f.At.Equal(last.At) && f.Bounce > last.Bounce {
				last = f
			}
		}
	}
	if last == nil {
		return Decision{}, false
	}
	return Decision{Standing: Watch, Since: first.At, Until: c.emptied(), Cause: causeOf(last), Bounce: last.Bounce}, true
}

// A tally is the bounces that have added up against one limit.
type tally struct {
	limit Limit
	facts []*Fact        // oldest first; none too old for the newest
	n     int            // how many they count for
	about map[string]int // OncePerMessage: how many are about a Message-ID
}

// add adds a bounce, no older than those before, and drops those too old for it.
func (t *tally) add(f *Fact) {
	recent := t.within(f.At)
	for i, old := range t.facts[:len(t.facts)-len(recent)] {
		t.drop(old, t.facts[i+1:])
	}
	t.facts = recent
	switch {
	case t.limit.AtMost == OncePerDay && len(recent) > 0 && dayOf(recent[len(recent)-1]) == dayOf(f):
	case t.limit.AtMost == OncePerMessage && f.Original != "":
		if t.about == nil {
			t.about = map[string]int{}
		}
		if t.about[f.Original]++; t.about[f.Original] == 1 {
			t.n++
		}
	default:
		t.n++
	}
	t.facts = append(t.facts, f)
}

// drop no longer counts a bounce, the oldest; younger are those after it.
func (t *tally) drop(old *Fact, younger []*Fact) {
	switch {
	case t.limit.AtMost == OncePerDay && len(younger) > 0 && dayOf(younger[0]) == dayOf(old):
	case t.limit.AtMost == OncePerMessage && old.Original != "":
		if t.about[old.Original]--; t.about[old.Original] == 0 {
			delete(t.about, old.Original)
			t.n--
		}
	default:
		t.n--
	}
}

// dayOf returns the day of a bounce in UTC, in days since 1970.
func dayOf(f *Fact) int64 {
	const seconds = int64(day / time.Second)
	s := f.At.Unix()
	if s < 0 {
		s -= seconds - 1
	}
	return s / seconds
}

// within returns the bounces that add up with one at now.
func (t *tally) within(now time.Time) []*Fact {
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
