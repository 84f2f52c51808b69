package bouncehound

import (
	"cmp"
	"slices"
	"time"
)

// A Policy says when a contact's bounces make it watch or do_not_email.
type Policy struct {
	Observe      bool // standings are computed and listed, but no contact.* event is written
	Hard         Limit
	Soft         Limit // soft with any fault but transit
	Transit      Limit // soft with fault transit
	Complaint    Limit
	Block        Limit
	Undetermined Limit
	Reasons      map[Reason]Limit // a reason with its own limit is taken out of its class's count
}

// A Limit says how many bounces of one kind make a contact do_not_email.
type Limit struct {
	Count  int           // 0: these bounces never count
	Within time.Duration // only bounces within this time of each other add up; 0: for ever
	AtMost AtMost        // bounces that count as one
	For    time.Duration // do_not_email ends after this time; 0: only a person, or proof of life, ends it
}

// AtMost says which bounces count as one.
type AtMost string

const (
	EachBounce     AtMost = ""
	OncePerDay     AtMost = "1/day"     // of one day in UTC
	OncePerMessage AtMost = "1/message" // about one original Message-ID; those without one each count
)

const day = 24 * time.Hour

// DefaultPolicy is the policy of a configuration that says nothing about it.
func DefaultPolicy() Policy {
	return Policy{
		Hard:      Limit{Count: 1},
		Soft:      Limit{Count: 5, Within: 30 * day, AtMost: OncePerDay},
		Transit:   Limit{Count: 10, Within: 60 * day, AtMost: OncePerDay},
		Complaint: Limit{Count: 1},
		Reasons:   map[Reason]Limit{MailboxFull: {Count: 8, Within: 60 * day, AtMost: OncePerDay}},
	}
}

// A Fact is what the policy looks at in one bounce.
type Fact struct {
	Bounce   int64 // Bounce.ID
	At       time.Time
	Action   Action
	Class    Class
	Reason   Reason
	Fault    Fault
	Original string // the original's Message-ID
	// Elsewhere is Recipient.Elsewhere: the address itself was not refused, so a hard
	// bounce counts as a soft one.
	Elsewhere bool
}

// A History is what the policy judges: a contact's bounces, repeats left out, and
// where the contact stands.
type History struct {
	Facts    []Fact // in any order
	Standing Standing
	Since    time.Time
	Until    time.Time // when the present do_not_email ends by itself; zero: never
	Cause    Cause
	Released time.Time // of the last release; bounces that arrived before it never count again
}

// A Decision is where a contact stands now.
type Decision struct {
	Standing Standing
	Since    time.Time
	Until    time.Time // when time alone changes it: watch ends after it, do_not_email at it; zero: never
	Cause    Cause
	Bounce   int64 // the bounce that decided; 0 if none did
}

// Counts says whether a bounce like f can change a standing at all.
func (p Policy) Counts(f Fact) bool {
	if f.Action == Delivered {
		return true
	}
	_, limit := p.limit(f)
	return limit.Count > 0
}

// Decide says where a contact stands at now. A present do_not_email stays until
// its Until; otherwise the facts since the last release are gone through in the
// order of time. The answer follows from its arguments alone and does not depend
// on the order of the facts.
func (p Policy) Decide(h History, now time.Time) Decision {
	released := h.Released
	if h.Standing == DoNotEmail {
		if h.Until.IsZero() || now.Before(h.Until) {
			return Decision{Standing: DoNotEmail, Since: h.Since, Until: h.Until, Cause: h.Cause}
		}
		released = later(released, h.Until)
	}
	facts := slices.Clone(h.Facts)
	slices.SortFunc(facts, func(a, b Fact) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Class, b.Class),
			cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Fault, b.Fault), cmp.Compare(a.Original, b.Original), cmp.Compare(a.Bounce, b.Bounce))
	})
	counts := map[string]*tally{} // what counts, by limit
	cleared := Decision{Standing: OK, Since: released}
	for _, f := range facts {
		if f.At.Before(released) || f.At.After(now) {
			continue
		}
		if f.Action == Delivered {
			if len(counts) > 0 {
				clear(counts)
				cleared = Decision{Standing: OK, Since: f.At, Cause: CauseDelivered, Bounce: f.Bounce}
			}
			continue
		}
		name, limit := p.limit(f)
		if limit.Count <= 0 {
			continue
		}
		t := counts[name]
		if t == nil {
			t = &tally{limit: limit, same: map[common]int{}}
			counts[name] = t
		}
		if t.add(f); t.count() < limit.Count {
			continue
		}
		d := Decision{Standing: DoNotEmail, Since: f.At, Cause: CauseBounce, Bounce: f.Bounce}
		if f.Class == Complaint {
			d.Cause = CauseComplaint
		}
		if limit.For == 0 {
			return d
		}
		d.Until = f.At.Add(limit.For)
		if now.Before(d.Until) {
			return d
		}
		released = d.Until
		clear(counts)
		cleared = Decision{Standing: OK, Since: d.Until, Cause: CauseExpired}
	}
	if d, ok := watching(counts, now); ok {
		return d
	}
	if len(counts) > 0 {
		return Decision{Standing: OK, Since: emptied(counts), Cause: CauseExpired}
	}
	if h.Standing != OK && h.Standing != "" && cleared.Cause == "" {
		cleared.Cause = CauseExpired
		if h.Standing == Watch { // what it watched for is gone or counts no more
			cleared.Since = now
		}
	}
	return cleared
}

// emptied returns when the last of the counts holds no bounce any more; zero if
// one of them never does.
func emptied(counts map[string]*tally) time.Time {
	var end time.Time
	for _, t := range counts {
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
func watching(counts map[string]*tally, now time.Time) (Decision, bool) {
	d := Decision{Standing: Watch, Until: emptied(counts), Cause: CauseBounce}
	var first, last Fact
	for _, t := range counts {
		for _, f := range t.within(now) {
			if d.Since.IsZero() || f.At.Before(first.At) {
				first, d.Since = f, f.At
			}
			if d.Bounce == 0 && last.At.IsZero() || f.At.After(last.At) || f.At.Equal(last.At) && f.Bounce > last.Bounce {
				last, d.Bounce = f, f.Bounce
			}
		}
	}
	if last.Class == Complaint {
		d.Cause = CauseComplaint
	}
	return d, !d.Since.IsZero()
}

// limit returns the limit a fact counts against and the name of its count.
func (p Policy) limit(f Fact) (string, Limit) {
	if f.Action != Failed && f.Action != Complained {
		return "", Limit{}
	}
	if f.Class == Hard && f.Elsewhere {
		return "soft", p.Soft
	}
	if l, ok := p.Reasons[f.Reason]; ok {
		return "reason " + string(f.Reason), l
	}
	switch f.Class {
	case Hard:
		return "hard", p.Hard
	case Soft:
		if f.Fault == FaultTransit {
			return "transit", p.Transit
		}
		return "soft", p.Soft
	case Complaint:
		return "complaint", p.Complaint
	case Block:
		return "block", p.Block
	case Undetermined:
		return "undetermined", p.Undetermined
	}
	return "", Limit{}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
