package bouncehound_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	. "bouncehound"
)

const aDay = 24 * time.Hour

// start is the first day of the histories below.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func onDay(d float64) time.Time { return start.Add(time.Duration(d * float64(aDay))) }

// facts reads a history: a letter and a day each. h: hard, s: soft, t: transit,
// f: mailbox full, b: block, c: complaint, u: undetermined, d: delivered, l: delayed,
// m: hard, of a member of the alias or list that was written to.
func facts(t *testing.T, history string) (facts []Fact) {
	t.Helper()
	kinds := map[byte]Fact{
		'h': {Action: Failed, Class: Hard, Reason: UserUnknown, Fault: FaultRecipient},
		'm': {Action: Failed, Class: Hard, Reason: UserUnknown, Fault: FaultRecipient, Elsewhere: true},
		's': {Action: Failed, Class: Soft, Reason: ServerError, Fault: FaultRecipientDomain},
		't': {Action: Failed, Class: Soft, Reason: ConnectionFailed, Fault: FaultTransit},
		'f': {Action: Failed, Class: Soft, Reason: MailboxFull, Fault: FaultRecipient},
		'b': {Action: Failed, Class: Block, Reason: SpamContent, Fault: FaultMessage},
		'c': {Action: Complained, Class: Complaint, Reason: ComplaintReceived, Fault: FaultRecipient},
		'u': {Action: Failed, Class: Undetermined, Reason: ReasonUndetermined, Fault: FaultUnknown},
		'd': {Action: Delivered, Class: None, Reason: ReasonDelivered},
		'l': {Action: Delayed, Class: None, Reason: ReasonDelayed},
	}
	for rest := history; rest != ""; {
		var kind byte
		var d float64
		if n, err := fmt.Sscanf(rest, "%c%g", &kind, &d); n != 2 || kinds[kind].Action == "" {
			t.Fatalf("history %q at %q: %v", history, rest, err)
		}
		f := kinds[kind]
		f.Bounce, f.At = int64(len(facts)+1), onDay(d)
		facts = append(facts, f)
		i := slices.Index([]byte(rest), ' ')
		if i < 0 {
			break
		}
		rest = rest[i+1:]
	}
	return facts
}

func TestDecide(t *testing.T) {
	p := DefaultPolicy()
	for _, c := range []struct {
		name    string
		history string
		now     float64
		want    Decision
	}{
		{"a member of a list is gone", "m1", 1, Decision{Standing: Watch, Since: onDay(1), Until: onDay(31), Cause: CauseBounce, Bounce: 1}},
		{"and adds up with soft bounces", "m1 m2 s3 m4 m5", 5, Decision{Standing: DoNotEmail, Since: onDay(5), Cause: CauseBounce, Bounce: 5}},
		{"and then the list itself", "m1 h2", 2, Decision{Standing: DoNotEmail, Since: onDay(2), Cause: CauseBounce, Bounce: 2}},
		{"nothing", "", 0, Decision{Standing: OK}},
		{"hard", "h1", 1, Decision{Standing: DoNotEmail, Since: onDay(1), Cause: CauseBounce, Bounce: 1}},
		{"complaint", "c1", 1, Decision{Standing: DoNotEmail, Since: onDay(1), Cause: CauseComplaint, Bounce: 1}},
		{"what is not the contact's fault", "b1 b2 b3 u4 u5 l6 u7 u8 u9 b10", 10, Decision{Standing: OK}},
		{"one soft", "s1", 1, Decision{Standing: Watch, Since: onDay(1), Until: onDay(31), Cause: CauseBounce, Bounce: 1}},
		{"two soft", "s1 s9", 9, Decision{Standing: Watch, Since: onDay(1), Until: onDay(39), Cause: CauseBounce, Bounce: 2}},
		{"the first soft has left the window", "s1 s9", 32, Decision{Standing: Watch, Since: onDay(9), Until: onDay(39), Cause: CauseBounce, Bounce: 2}},
		{"the last moment of the window", "s1", 31, Decision{Standing: Watch, Since: onDay(1), Until: onDay(31), Cause: CauseBounce, Bounce: 1}},
		{"the window is empty", "s1", 31.1, Decision{Standing: OK, Since: onDay(31), Cause: CauseExpired}},
		{"five soft in time", "s1 s8 s15 s22 s29", 29, Decision{Standing: DoNotEmail, Since: onDay(29), Cause: CauseBounce, Bounce: 5}},
		{"five soft, one too early", "s1 s8 s15 s22 s31.1", 32, Decision{Standing: Watch, Since: onDay(8), Until: onDay(61.1), Cause: CauseBounce, Bounce: 5}},
		{"five soft of one day in UTC", "s1 s1.1 s1.2 s1.3 s1.4", 2, Decision{Standing: Watch, Since: onDay(1), Until: onDay(31.4), Cause: CauseBounce, Bounce: 5}},
		{"five soft of two days", "s1 s1.1 s1.2 s1.3 s1.6", 2, Decision{Standing: Watch, Since: onDay(1), Until: onDay(31.6), Cause: CauseBounce, Bounce: 5}},
		{"classes do not add up", "s1 s2 s3 s4 t5 t6 f7 f8", 8, Decision{Standing: Watch, Since: onDay(1), Until: onDay(68), Cause: CauseBounce, Bounce: 8}},
		{"ten in transit", "t1 t2 t3 t4 t5 t6 t7 t8 t9 t10", 10, Decision{Standing: DoNotEmail, Since: onDay(10), Cause: CauseBounce, Bounce: 10}},
		{"a reason with a limit of its own", "f1 f2 f3 f4 f5 f6 f7 f8", 8, Decision{Standing: DoNotEmail, Since: onDay(8), Cause: CauseBounce, Bounce: 8}},
		{"delivered", "s1 s2 d3", 3, Decision{Standing: OK, Since: onDay(3), Cause: CauseDelivered, Bounce: 3}},
		{"delivered, with nothing to clear", "d3", 3, Decision{Standing: OK}},
		{"delivered begins the count anew", "s1 s2 s3 s4 d5 s6", 6, Decision{Standing: Watch, Since: onDay(6), Until: onDay(36), Cause: CauseBounce, Bounce: 6}},
		{"delivered once flagged", "h1 d2", 2, Decision{Standing: DoNotEmail, Since: onDay(1), Cause: CauseBounce, Bounce: 1}},
		{"watched again after delivered, and over", "s1 d2 s3", 34, Decision{Standing: OK, Since: onDay(33), Cause: CauseExpired}},
		{"what has not happened yet", "h5", 4, Decision{Standing: OK}},
	} {
		if got := p.Decide(History{Standing: OK, Facts: facts(t, c.history)}, onDay(c.now)); got != c.want {
			t.Errorf("%s: got\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
}

// TestDecideStanding: what is decided already, and what was released.
func TestDecideStanding(t *testing.T) {
	p := DefaultPolicy()
	ends := p
	ends.Hard.For = 10 * aDay
	softEnds := p
	softEnds.Soft = Limit{Count: 1, For: 10 * aDay}
	flagged := History{Standing: DoNotEmail, Since: onDay(0), Cause: CauseHand}
	expires := History{Standing: DoNotEmail, Since: onDay(0), Until: onDay(10), Cause: CauseBounce}
	for _, c := range []struct {
		name    string
		policy  Policy
		history History
		facts   string
		now     float64
		want    Decision
	}{
		{"stays", p, flagged, "d1 d2", 900, Decision{Standing: DoNotEmail, Since: onDay(0), Cause: CauseHand}},
		{"has not ended", ends, expires, "h0 h5", 9.9, Decision{Standing: DoNotEmail, Since: onDay(0), Until: onDay(10), Cause: CauseBounce}},
		{"has ended", ends, expires, "h0", 10, Decision{Standing: OK, Since: onDay(10), Cause: CauseExpired}},
		{"has ended, what came meanwhile is done with", ends, expires, "h0 h5", 10, Decision{Standing: OK, Since: onDay(10), Cause: CauseExpired}},
		{"has ended, and it bounced since", ends, expires, "h0 h11", 12, Decision{Standing: DoNotEmail, Since: onDay(11), Until: onDay(21), Cause: CauseBounce, Bounce: 2}},
		{"has ended, and it bounced since softly", ends, expires, "h0 s11", 12, Decision{Standing: Watch, Since: onDay(11), Until: onDay(41), Cause: CauseBounce, Bounce: 2}},
		{"begun and ended in one history", ends, History{Standing: OK}, "h0", 11, Decision{Standing: OK, Since: onDay(10), Cause: CauseExpired}},
		{"begins", ends, History{Standing: OK}, "h0", 1, Decision{Standing: DoNotEmail, Since: onDay(0), Until: onDay(10), Cause: CauseBounce, Bounce: 1}},
		{"released", p, History{Standing: OK, Released: onDay(3)}, "h1 c2", 4, Decision{Standing: OK, Since: onDay(3)}},
		{"released, and a new bounce", p, History{Standing: OK, Released: onDay(3)}, "h1 h4", 4, Decision{Standing: DoNotEmail, Since: onDay(4), Cause: CauseBounce, Bounce: 2}},
		{"released in the middle of a count", p, History{Standing: OK, Released: onDay(3)}, "s1 s2 s3 s4 s5", 5, Decision{Standing: Watch, Since: onDay(3), Until: onDay(35), Cause: CauseBounce, Bounce: 5}},
		{"a complaint under a flag that would end", ends, expires, "h0 c5", 6, Decision{Standing: DoNotEmail, Since: onDay(0), Cause: CauseComplaint, Bounce: 2}},
		{"and once it would have ended", ends, expires, "h0 c5", 20, Decision{Standing: DoNotEmail, Since: onDay(0), Cause: CauseComplaint, Bounce: 2}},
		{"a complaint after the end", ends, expires, "h0 c12", 13, Decision{Standing: DoNotEmail, Since: onDay(12), Cause: CauseComplaint, Bounce: 2}},
		{"a complaint of somebody flagged for ever", p, History{Standing: DoNotEmail, Since: onDay(1), Cause: CauseBounce}, "h1 c2", 3, Decision{Standing: DoNotEmail, Since: onDay(1), Cause: CauseComplaint, Bounce: 2}},
		{"a complaint of somebody flagged by hand", p, flagged, "c2", 3, Decision{Standing: DoNotEmail, Since: onDay(0), Cause: CauseHand}},
		{"a complaint from before the release", p, History{Standing: DoNotEmail, Since: onDay(5), Cause: CauseBounce, Released: onDay(4)}, "c3 h5", 6, Decision{Standing: DoNotEmail, Since: onDay(5), Cause: CauseBounce}},
		{"an end, then what has none", softEnds, History{Standing: OK}, "s0 h5", 20, Decision{Standing: DoNotEmail, Since: onDay(0), Cause: CauseBounce, Bounce: 2}},
		{"an end, and soft bounces go on", softEnds, History{Standing: OK}, "s0 s5 s9", 20, Decision{Standing: OK, Since: onDay(10), Cause: CauseExpired}},
		{"an end, and it arrives meanwhile", softEnds, History{Standing: OK}, "s0 d5", 6, Decision{Standing: DoNotEmail, Since: onDay(0), Until: onDay(10), Cause: CauseBounce, Bounce: 1}},
		{"what it watched for counts no more", p, History{Standing: Watch, Since: onDay(1)}, "b1", 5, Decision{Standing: OK, Since: onDay(5), Cause: CauseExpired}},
	} {
		h := c.history
		h.Facts = facts(t, c.facts)
		if got := c.policy.Decide(h, onDay(c.now)); got != c.want {
			t.Errorf("%s: got\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
}

func TestAtMost(t *testing.T) {
	about := func(ids ...string) (facts []Fact) {
		for i, id := range ids {
			facts = append(facts, Fact{Bounce: int64(i + 1), At: onDay(float64(i) / 10), Action: Failed, Class: Soft, Original: id})
		}
		return facts
	}
	for _, c := range []struct {
		atMost AtMost
		facts  []Fact
		want   Standing
	}{
		{EachBounce, about("<a>", "<a>"), Watch},
		{EachBounce, about("<a>", "<a>", "<a>"), DoNotEmail},
		{OncePerMessage, about("<a>", "<a>", "<a>"), Watch},
		{OncePerMessage, about("<a>", "<b>", "<a>"), Watch},
		{OncePerMessage, about("<a>", "<b>", "<c>"), DoNotEmail},
		{OncePerMessage, about("", "", ""), DoNotEmail}, // not known to be the same
		{OncePerDay, about("<a>", "<b>", "<c>"), Watch},
	} {
		p := Policy{Soft: Limit{Count: 3, AtMost: c.atMost}}
		got := p.Decide(History{Facts: c.facts}, onDay(1))
		if got.Standing != c.want || !got.Until.IsZero() {
			t.Errorf("at most %q: %+v, want %s without end", c.atMost, got, c.want)
		}
	}
}

// TestGrace: the first bounce only watches, and so do those soon after it.
func TestGrace(t *testing.T) {
	p := DefaultPolicy()
	p.Reasons[UserUnknown] = Limit{Count: 1, Grace: 2 * aDay}
	for _, c := range []struct {
		history  string
		now      float64
		released float64
		standing Standing
		bounce   int64
	}{
		{"h1", 900, 0, Watch, 1},
		{"h1 h2 h3", 3, 0, Watch, 3}, // not later than two days after the first
		{"h1 h3.1", 4, 0, DoNotEmail, 2},
		{"h1 d2 h4", 4, 0, Watch, 3},     // it was there in between
		{"h1 h4", 5, 3, Watch, 2},        // released in between
		{"h1 c1.1", 2, 0, DoNotEmail, 2}, // a complaint has no grace
	} {
		h := History{Facts: facts(t, c.history), Standing: OK, Released: onDay(c.released)}
		if d := p.Decide(h, onDay(c.now)); d.Standing != c.standing || d.Bounce != c.bounce || d.Standing == Watch && !d.Until.IsZero() {
			t.Errorf("%s: %+v, want %s by %d", c.history, d, c.standing, c.bounce)
		}
	}
	p.Reasons[UserUnknown] = Limit{Count: 2, Within: 10 * aDay, Grace: 5 * aDay}
	for history, want := range map[string]Standing{"h1 h2 h3": OK, "h8 h9 h10": Watch, "h1 h2 h7": DoNotEmail, "h1 h2 h11.5": DoNotEmail, "h1 h7": DoNotEmail, "h1 h12 h14": Watch} {
		if d := p.Decide(History{Facts: facts(t, history)}, onDay(15)); d.Standing != want {
			t.Errorf("%s: %+v, want %s", history, d, want)
		}
	}
}

func TestCounts(t *testing.T) {
	p := DefaultPolicy()
	for history, want := range map[string]bool{"h1": true, "s1": true, "t1": true, "f1": true, "c1": true, "d1": true, "b1": false, "u1": false, "l1": false} {
		if got := p.Counts(facts(t, history)[0]); got != want {
			t.Errorf("%s: %v, want %v", history, got, want)
		}
	}
	p.Reasons[SpamContent] = Limit{Count: 3}
	if !p.Counts(facts(t, "b1")[0]) {
		t.Error("a reason with a limit of its own does not count")
	}
}

// anyHistory returns a random history, policy and time.
func anyHistory(r *rand.Rand) (Policy, History, time.Time) {
	limit := func() Limit {
		return Limit{Count: r.IntN(4), Within: time.Duration(r.IntN(4)) * 5 * aDay, For: time.Duration(r.IntN(3)) * 4 * aDay, Grace: time.Duration(max(0, r.IntN(6)-3)) * 2 * aDay,
			AtMost: []AtMost{EachBounce, OncePerDay, OncePerMessage}[r.IntN(3)]}
	}
	p := Policy{Hard: limit(), Soft: limit(), Transit: limit(), Complaint: limit(), Block: limit(), Undetermined: limit(), Reasons: map[Reason]Limit{MailboxFull: limit()}}
	now := onDay(30)
	h := History{Standing: []Standing{OK, Watch, DoNotEmail}[r.IntN(3)], Since: onDay(float64(r.IntN(30)))}
	if r.IntN(2) == 0 {
		h.Released = onDay(float64(r.IntN(30)))
	}
	if h.Standing == DoNotEmail && r.IntN(2) == 0 {
		h.Until = onDay(float64(r.IntN(60)))
	}
	for i := range r.IntN(12) {
		f := Fact{Bounce: int64(i + 1), At: onDay(float64(r.IntN(70)) / 2), Original: []string{"", "<a>", "<b>"}[r.IntN(3)],
			Action: []Action{Failed, Failed, Failed, Complained, Delivered, Delayed, Replied}[r.IntN(7)],
			Class:  []Class{Hard, Soft, Soft, Block, Complaint, Undetermined, None}[r.IntN(7)],
			Reason: []Reason{UserUnknown, MailboxFull, ServerError}[r.IntN(3)],
			Fault:  []Fault{FaultRecipient, FaultTransit}[r.IntN(2)]}
		h.Facts = append(h.Facts, f)
	}
	return p, h, now
}

// TestDecideProperties holds for every history.
func TestDecideProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[Standing]int{}
	for n := range 20_000 {
		p, h, now := anyHistory(r)
		d := p.Decide(h, now)
		seen[d.Standing]++
		fail := func(format string, args ...any) {
			t.Errorf("history %d: %s: %+v\npolicy %+v\nhistory %+v", n, fmt.Sprintf(format, args...), d, p, h)
		}

		// The order of the facts is no matter, and asking does not change them.
		before := slices.Clone(h.Facts)
		shuffled := h
		shuffled.Facts = slices.Clone(h.Facts)
		r.Shuffle(len(h.Facts), func(i, j int) {
			shuffled.Facts[i], shuffled.Facts[j] = shuffled.Facts[j], shuffled.Facts[i]
		})
		if got := p.Decide(shuffled, now); got != d {
			fail("in another order %+v", got)
		}
		if !slices.Equal(before, h.Facts) {
			fail("the facts were changed")
		}

		// What cannot count may as well not be there.
		less := h
		less.Facts = slices.DeleteFunc(slices.Clone(h.Facts), func(f Fact) bool {
			return !p.Counts(f) || f.At.After(now) || f.At.Before(h.Released)
		})
		if got := p.Decide(less, now); got != d {
			fail("without what does not count %+v", got)
		}

		// Standing where the decision says and asking again changes nothing.
		again := h
		again.Standing, again.Since, again.Until, again.Cause = d.Standing, d.Since, d.Until, d.Cause
		if h.Standing == DoNotEmail && d.Standing != h.Standing {
			again.Released = h.Until // as the store does when it has ended by itself
			if h.Released.After(h.Until) {
				again.Released = h.Released
			}
		}
		if got := p.Decide(again, now); got.Standing != d.Standing || !got.Until.Equal(d.Until) {
			fail("asked again %+v", got)
		}

		// It stays until Until says, and not longer.
		switch {
		case d.Standing == OK && !d.Until.IsZero(), !d.Until.IsZero() && d.Until.Before(now), d.Standing != OK && d.Since.IsZero():
			fail("times do not fit")
		case !d.Until.IsZero() && !slices.ContainsFunc(h.Facts, func(f Fact) bool { return f.At.After(now) }):
			moment := time.Millisecond
			if got := p.Decide(again, d.Until.Add(-moment)); d.Until.Add(-moment).After(now) && got.Standing != d.Standing {
				fail("before its end %+v", got)
			}
			if got := p.Decide(again, d.Until.Add(moment)); got.Standing == d.Standing {
				fail("after its end %+v", got)
			}
		}

		// Nobody is flagged without a bounce that counts.
		if d.Standing == DoNotEmail && h.Standing != DoNotEmail && !slices.ContainsFunc(less.Facts, func(f Fact) bool { return f.Bounce == d.Bounce && f.Action != Delivered }) {
			fail("flagged by nothing")
		}
	}
	for _, s := range []Standing{OK, Watch, DoNotEmail} {
		if seen[s] < 1000 {
			t.Errorf("only %d histories ended at %s", seen[s], s)
		}
	}
}

// TestDecideLaws: what mail that arrived and a release do, whatever came before.
func TestDecideLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := range 5_000 {
		p, h, now := anyHistory(r)
		h.Facts = slices.DeleteFunc(h.Facts, func(f Fact) bool { return !f.At.Before(now) })
		before := p.Decide(h, now)
		fail := func(what string, got Decision) {
			t.Errorf("history %d: %s: %+v, before %+v\npolicy %+v\nhistory %+v", n, what, got, before, p, h)
		}

		// Mail that arrived ends every count, and lifts no flag.
		arrived := h
		arrived.Facts = append(slices.Clone(h.Facts), Fact{Bounce: 99, At: now, Action: Delivered, Class: None})
		got := p.Decide(arrived, now)
		switch {
		case before.Standing == DoNotEmail:
			if got != before {
				fail("delivered to somebody flagged", got)
			}
		case got.Standing != OK:
			fail("delivered", got)
		}
		soft := Fact{Bounce: 100, At: now.Add(time.Hour), Action: Failed, Class: Soft, Reason: ServerError}
		arrived.Facts = append(arrived.Facts, soft)
		if got := p.Decide(arrived, soft.At); before.Standing != DoNotEmail && p.Soft.Count > 1 && got.Standing != Watch {
			fail("the first soft bounce after it", got)
		}

		// What came before a release never counts again, and what comes after it does.
		p.Hard = Limit{Count: 1}
		released := History{Facts: slices.Clone(h.Facts), Standing: OK, Released: now}
		if got := p.Decide(released, now); got.Standing != OK {
			fail("released", got)
		}
		hard := Fact{Bounce: 101, At: now.Add(time.Hour), Action: Failed, Class: Hard, Reason: UserUnknown}
		released.Facts = append(released.Facts, hard)
		if got := p.Decide(released, hard.At); got != (Decision{Standing: DoNotEmail, Since: hard.At, Cause: CauseBounce, Bounce: 101}) {
			fail("a hard bounce after the release", got)
		}
	}
}

// TestDecideReplay: a contact ends up the same whether its bounces are looked at one by
// one as they come, those of one time in any order, or all at once.
func TestDecideReplay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 6_000 {
		p, h, now := anyHistory(r)
		h = History{Standing: OK, Facts: slices.DeleteFunc(h.Facts, func(f Fact) bool { return f.At.After(now) })}
		want := p.Decide(h, now)
		for range 3 {
			r.Shuffle(len(h.Facts), func(i, j int) { h.Facts[i], h.Facts[j] = h.Facts[j], h.Facts[i] })
			slices.SortStableFunc(h.Facts, func(a, b Fact) int { return a.At.Compare(b.At) })
			kept := History{Standing: OK}
			step := func(at time.Time) (d Decision) {
				d = p.Decide(kept, at)
				if kept.Standing == DoNotEmail && (d.Standing != DoNotEmail || !d.Since.Equal(kept.Since)) {
					kept.Released = kept.Until // it has ended by itself, and the store says so
				}
				kept.Standing, kept.Since, kept.Until, kept.Cause = d.Standing, d.Since, d.Until, d.Cause
				return d
			}
			for _, f := range h.Facts {
				step(f.At) // the sweep, which comes every minute
				kept.Facts = append(kept.Facts, f)
				step(f.At)
			}
			if got := step(now); got.Standing != want.Standing || !got.Until.Equal(want.Until) || got.Standing == DoNotEmail && (got.Cause != want.Cause || !got.Since.Equal(want.Since)) {
				t.Fatalf("history %d: one by one\n%+v, at once\n%+v\npolicy %+v\n%+v", n, got, want, p, h.Facts)
			}
		}
	}
}
