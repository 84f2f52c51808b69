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
		return Limit{Count: r.IntN(4), Within: time.Duration(r.IntN(4)) * 5 * aDay, For: time.Duration(r.IntN(3)) * 4 * aDay,
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
