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
	Grace  time.Duration // only a bounce later than this after the first of those that add up flags; 0: the first may
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
	_, limit := p.limit(&f)
	return limit.Count > 0
}

// Decide says where a contact stands at now. A present do_not_email stays until
// its Until; otherwise the facts since the last release are gone through in the
// order of time. What arrives once a contact is flagged can make the flag last for
// ever, or a complaint of it, but lifts nothing. The answer follows from its
// arguments alone and does not depend on the order of the facts.
func (p Policy) Decide(h History, now time.Time) Decision {
	facts := h.Facts
	if !slices.IsSortedFunc(facts, inOrder) {
		facts = slices.Clone(facts)
		slices.SortFunc(facts, inOrder)
	}
	released := h.Released
	if h.Standing == DoNotEmail {
		d := p.flagged(Decision{Standing: DoNotEmail, Since: h.Since, Until: h.Until, Cause: h.Cause}, facts, released, now)
		if d.Until.IsZero() || now.Before(d.Until) {
			return d
		}
		released = later(released, d.Until)
	}
	count := counting{policy: &p}
	cleared := Decision{Standing: OK, Since: released}
	for i := range facts {
		f := &facts[i]
		if f.At.Before(released) || f.At.After(now) {
			continue
		}
		if f.Action == Delivered {
			if count.clear() {
				cleared = Decision{Standing: OK, Since: f.At, Cause: CauseDelivered, Bounce: f.Bounce}
			}
			continue
		}
		limit, over := count.add(f)
		if !over {
			continue
		}
		d := Decision{Standing: DoNotEmail, Since: f.At, Cause: causeOf(f), Bounce: f.Bounce}
		if limit.For > 0 {
			d.Until = f.At.Add(limit.For)
		}
		d = p.flagged(d, facts, released, now)
		if d.Until.IsZero() || now.Before(d.Until) {
			return d
		}
		released = d.Until
		count.clear()
		cleared = Decision{Standing: OK, Since: d.Until, Cause: CauseExpired}
	}
	if d, ok := count.watching(now); ok {
		return d
	}
	if count.any() {
		return Decision{Standing: OK, Since: count.emptied(), Cause: CauseExpired}
	}
	if h.Standing != OK && h.Standing != "" && cleared.Cause == "" {
		cleared.Cause = CauseExpired
		if h.Standing == Watch { // what it watched for is gone or counts no more
			cleared.Since = now
		}
	}
	return cleared
}

// flagged returns what became of a do_not_email by what arrived from its beginning
// on and before its end: a limit without an end makes it last for ever, and a
// complaint makes it one of a complaint, unless a person or a list decided.
func (p Policy) flagged(d Decision, facts []Fact, released, now time.Time) Decision {
	if decidedByPerson(d.Cause) || d.Until.IsZero() && d.Cause == CauseComplaint {
		return d
	}
	began, count := d.Since, counting{policy: &p}
	for i := range facts {
		f := &facts[i]
		if f.At.Before(released) || f.At.After(now) || !d.Until.IsZero() && !f.At.Before(d.Until) {
			continue
		}
		if f.Action == Delivered {
			count.clear()
			continue
		}
		limit, over := count.add(f)
		if !over || f.At.Before(began) {
			continue
		}
		complains := causeOf(f) == CauseComplaint && d.Cause != CauseComplaint
		end := f.At.Add(limit.For)
		switch {
		case limit.For == 0 && (!d.Until.IsZero() || complains):
			d.Until, d.Cause, d.Bounce = time.Time{}, causeOf(f), f.Bounce
		case limit.For > 0 && f.At.Equal(began) && !d.Until.IsZero() && (d.Bounce != 0 || now.Before(d.Until)) && (end.After(d.Until) || end.Equal(d.Until) && complains):
			// Of two that flag at once the longer one does, whichever is recorded first.
			d.Until, d.Cause, d.Bounce = end, causeOf(f), f.Bounce
		}
		if d.Until.IsZero() && d.Cause == CauseComplaint {
			break
		}
	}
	return d
}

// decidedByPerson says whether a person decided, or a list that one gave us.
func decidedByPerson(c Cause) bool { return c == CauseHand || c == CauseImport }

func causeOf(f *Fact) Cause {
	if f.Class == Complaint {
		return CauseComplaint
	}
	return CauseBounce
}

// inOrder orders facts by time. Those of one time are always in the same order, a
// delivery last: whichever of them is recorded first, the contact ends up the same.
func inOrder(a, b Fact) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	if d := a.Action == Delivered; d != (b.Action == Delivered) {
		if d {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Reason, b.Reason),
		cmp.Compare(a.Fault, b.Fault), cmp.Compare(a.Original, b.Original), cmp.Compare(a.Bounce, b.Bounce))
}

// A kind is what counts against one limit: a class, or a reason with its own limit.
type kind struct {
	class  Class // "transit" for soft with that fault
	reason Reason
}

// limit returns the limit a fact counts against.
func (p *Policy) limit(f *Fact) (kind, Limit) {
	if f.Action != Failed && f.Action != Complained {
		return kind{}, Limit{}
	}
	if f.Class == Hard && f.Elsewhere {
		return kind{class: Soft}, p.Soft
	}
	if l, ok := p.Reasons[f.Reason]; ok {
		return kind{reason: f.Reason}, l
	}
	switch f.Class {
	case Hard:
		return kind{class: Hard}, p.Hard
	case Soft:
		if f.Fault == FaultTransit {
			return kind{class: "transit"}, p.Transit
		}
		return kind{class: Soft}, p.Soft
	case Complaint:
		return kind{class: Complaint}, p.Complaint
	case Block:
		return kind{class: Block}, p.Block
	case Undetermined:
		return kind{class: Undetermined}, p.Undetermined
	}
	return kind{}, Limit{}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
