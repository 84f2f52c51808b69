package db_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// A plain is a contact as DESIGN's policy has it, told as plainly as can be: it goes
// through what happens one by one and keeps all that it was told.
type plain struct {
	policy   bouncehound.Policy
	standing bouncehound.Standing
	until    time.Time // of do_not_email; zero: a person ends it
	began    time.Time
	decided  bouncehound.Cause
	counts   []plainBounce // since the last release, delivery or end of a flag
	allowed  bool
	complain bool // since the last release
	shown    bouncehound.Standing
	told     []string
}

type plainBounce struct {
	at       time.Time
	kind     string
	original string
}

// kindOf names the limit that a bounce counts against.
func (p *plain) kindOf(v bouncehound.Verdict) (string, bouncehound.Limit) {
	if l, ok := p.policy.Reasons[v.Reason]; ok {
		return string(v.Reason), l
	}
	switch {
	case v.Class == bouncehound.Soft && v.Fault == bouncehound.FaultTransit:
		return "transit", p.policy.Transit
	case v.Class == bouncehound.Soft:
		return "soft", p.policy.Soft
	case v.Class == bouncehound.Hard:
		return "hard", p.policy.Hard
	case v.Class == bouncehound.Complaint:
		return "complaint", p.policy.Complaint
	case v.Class == bouncehound.Block:
		return "block", p.policy.Block
	}
	return "undetermined", p.policy.Undetermined
}

func (p *plain) limitOf(kind string) bouncehound.Limit {
	switch kind {
	case "transit":
		return p.policy.Transit
	case "soft":
		return p.policy.Soft
	case "hard":
		return p.policy.Hard
	case "complaint":
		return p.policy.Complaint
	case "block":
		return p.policy.Block
	case "undetermined":
		return p.policy.Undetermined
	}
	return p.policy.Reasons[bouncehound.Reason(kind)]
}

// within returns the bounces of a kind that add up with one at now.
func (p *plain) within(kind string, now time.Time) (all []plainBounce) {
	for _, b := range p.counts {
		if w := p.limitOf(kind).Within; b.kind == kind && (w == 0 || now.Sub(b.at) <= w) {
			all = append(all, b)
		}
	}
	return all
}

// reached says whether the bounces of a kind are as many as flag.
func (p *plain) reached(kind string, now time.Time) bool {
	l, all := p.limitOf(kind), p.within(kind, now)
	different := map[string]bool{}
	for i, b := range all {
		switch {
		case l.AtMost == bouncehound.OncePerDay:
			different[b.at.UTC().Format(time.DateOnly)] = true
		case l.AtMost == bouncehound.OncePerMessage && b.original != "":
			different[b.original] = true
		default:
			different[strconv.Itoa(i)] = true
		}
	}
	return len(different) >= l.Count && (l.Grace == 0 || now.Sub(all[0].at) > l.Grace)
}

// show tells where the contact stands now, if that is elsewhere than before.
func (p *plain) show(flaggedAnew bool) {
	is := p.standing
	if p.allowed && is == bouncehound.DoNotEmail && p.decided != bouncehound.CauseHand {
		is = bouncehound.Watch
	}
	if is == p.shown && (!flaggedAnew || is != bouncehound.DoNotEmail) {
		return
	}
	kind := "contact.do_not_email"
	switch {
	case is == bouncehound.DoNotEmail:
	case p.shown == bouncehound.DoNotEmail:
		kind = "contact.released"
	case is == bouncehound.Watch:
		kind = "contact.watch"
	default:
		kind = "contact.ok"
	}
	p.told, p.shown = append(p.told, kind), is
}

// passes lets time go by.
func (p *plain) passes(now time.Time) {
	switch p.standing {
	case bouncehound.DoNotEmail:
		if !p.until.IsZero() && !now.Before(p.until) {
			p.standing, p.counts = bouncehound.OK, nil
			p.complain = p.complain && p.allowed // what did not flag did not end
		}
	case bouncehound.Watch:
		if !slices.ContainsFunc(p.counts, func(b plainBounce) bool { return len(p.within(b.kind, now)) > 0 }) {
			p.standing = bouncehound.OK
		}
	}
	p.show(false)
}

func (p *plain) bounce(now time.Time, v bouncehound.Verdict, original string) {
	kind, l := p.kindOf(v)
	p.complain = p.complain || v.Class == bouncehound.Complaint
	if l.Count == 0 {
		return
	}
	p.counts = append(p.counts, plainBounce{now, kind, original})
	cause := bouncehound.CauseBounce
	if v.Class == bouncehound.Complaint {
		cause = bouncehound.CauseComplaint
	}
	switch {
	case p.standing != bouncehound.DoNotEmail && p.reached(kind, now):
		p.standing, p.decided, p.began, p.until = bouncehound.DoNotEmail, cause, now, time.Time{}
		if l.For > 0 {
			p.until = now.Add(l.For)
		}
	case p.standing != bouncehound.DoNotEmail:
		p.standing = bouncehound.Watch
	case p.decided == bouncehound.CauseHand || !p.reached(kind, now):
	case l.For == 0 && (!p.until.IsZero() || cause == bouncehound.CauseComplaint && p.decided != cause): // that is told too
		p.until, p.decided = time.Time{}, cause
		p.show(true)
	case now.Equal(p.began) && !p.until.IsZero() && l.For > 0 && now.Add(l.For).After(p.until):
		p.until, p.decided = now.Add(l.For), cause
		p.show(true)
	}
	p.show(false)
}

func (p *plain) arrived() {
	p.counts = nil
	if p.standing == bouncehound.Watch {
		p.standing = bouncehound.OK
	}
	p.show(false)
}

func (p *plain) release() {
	p.standing, p.counts, p.complain, p.until = bouncehound.OK, nil, false, time.Time{}
	p.show(false)
}

// allow begins or ends an entry that keeps the contact from being flagged.
func (p *plain) allow(begins bool) {
	if p.allowed = begins; begins && p.standing == bouncehound.DoNotEmail && p.decided != bouncehound.CauseHand {
		p.release()
	}
	p.show(false)
}

func (p *plain) suppress() {
	anew := p.shown == bouncehound.DoNotEmail // a person says what a bounce did before
	p.standing, p.decided, p.until = bouncehound.DoNotEmail, bouncehound.CauseHand, time.Time{}
	p.show(anew)
}

// TestOracle lets random things happen to many contacts under random policies and
// compares where they stand, and every event, with a second account of the policy that
// shares nothing with the first. ORACLE=N tries N policies.
func TestOracle(t *testing.T) {
	policies := 2
	if n, err := strconv.Atoi(os.Getenv("ORACLE")); err == nil {
		policies = n
	}
	for seed := range policies {
		oracle(t, rand.New(rand.NewPCG(uint64(seed), 26)))
		if t.Failed() {
			t.Fatalf("policy %d", seed)
		}
	}
}

func oracle(t *testing.T, r *rand.Rand) {
	const day = 24 * time.Hour
	limit := func() bouncehound.Limit {
		return bouncehound.Limit{Count: r.IntN(4), Within: time.Duration(r.IntN(4)) * 5 * day, For: time.Duration(max(0, r.IntN(5)-2)) * 4 * day, Grace: time.Duration(max(0, r.IntN(6)-3)) * 2 * day,
			AtMost: []bouncehound.AtMost{bouncehound.EachBounce, bouncehound.OncePerDay, bouncehound.OncePerMessage}[r.IntN(3)]}
	}
	policy := bouncehound.Policy{Hard: limit(), Soft: limit(), Transit: limit(), Complaint: limit(), Block: limit(), Undetermined: limit(),
		Reasons: map[bouncehound.Reason]bouncehound.Limit{bouncehound.MailboxFull: limit()}}
	if r.IntN(3) == 0 {
		policy = bouncehound.DefaultPolicy()
	}
	verdicts := []bouncehound.Verdict{hard, soft, soft, blocked,
		{Class: bouncehound.Soft, Reason: bouncehound.ConnectionFailed, Fault: bouncehound.FaultTransit},
		{Class: bouncehound.Soft, Reason: bouncehound.MailboxFull, Fault: bouncehound.FaultRecipient},
		{Class: bouncehound.Complaint, Reason: bouncehound.ComplaintReceived, Fault: bouncehound.FaultRecipient},
		{Class: bouncehound.Undetermined, Reason: bouncehound.ReasonUndetermined, Fault: bouncehound.FaultUnknown}}

	store, clock := open(t)
	contacts := make([]*plain, 40)
	histories := make([][]string, len(contacts))
	for i := range contacts {
		contacts[i] = &plain{policy: policy, standing: bouncehound.OK, shown: bouncehound.OK}
	}
	reports := 0
	for range 30 {
		clock.now = clock.now.Add([]time.Duration{time.Second, time.Hour, 13 * time.Hour, day, 2 * day, 5 * day, 11 * day}[r.IntN(7)])
		if _, err := store.Sweep(t.Context(), policy, nil); err != nil {
			t.Fatal(err)
		}
		for i, p := range contacts {
			p.passes(clock.now)
			name := fmt.Sprintf("c%d@d%d.example.com", i, i)
			var batch []bouncehound.Judged
			add := func(j bouncehound.Judged, original string) {
				j.Report.Original.MessageID = original
				j.Bounces[0].Original = j.Report.Original
				batch = append(batch, j)
			}
			doing := r.IntN(20)
			histories[i] = append(histories[i], fmt.Sprintf("%s %d", clock.now.Format("01-02T15"), doing))
			switch {
			case doing < 9:
				for range 1 + r.IntN(2) { // several at one time, those that flag for longer among them
					reports++
					v, original := verdicts[r.IntN(len(verdicts))], []string{"", "<a@example.org>", "<b@example.org>"}[r.IntN(3)]
					rec := failed(name)
					if v.Class == bouncehound.Complaint {
						rec = acted(bouncehound.Complained, name)
					}
					add(message(reports, clock.now, rec, v), original)
					p.bounce(clock.now, v, original)
					histories[i] = append(histories[i], string(v.Reason)+original)
				}
			case doing == 9 || doing == 10:
				reports++
				add(message(reports, clock.now, acted(bouncehound.Delivered, name), delivered), "")
				p.arrived()
			case doing == 11 && p.shown != bouncehound.OK:
				force := r.IntN(2) == 0
				_, _, err := store.Release(t.Context(), name, db.By{Force: force})
				if refused := p.shown == bouncehound.DoNotEmail && p.complain && !force; errors.Is(err, db.ErrComplained) != refused || err != nil && !refused {
					t.Errorf("%s: release: %v, complained %v\n%s", name, err, p.complain, strings.Join(histories[i], "; "))
				}
				if err == nil {
					p.release()
				}
			case doing == 12 && r.IntN(3) == 0:
				_, changed, err := store.Suppress(t.Context(), name, db.By{})
				if err != nil {
					t.Fatal(err)
				}
				if changed {
					p.suppress()
				} else if p.shown != bouncehound.DoNotEmail {
					t.Errorf("%s: suppress changed nothing", name)
				}
			case doing == 13 && (p.allowed || !p.complain): // who complained stays flagged
				var err error
				if p.allowed {
					_, err = store.EndEntry(t.Context(), bouncehound.EntryAllow, name, policy, db.By{})
				} else {
					_, err = store.AddEntry(t.Context(), bouncehound.EntryAllow, name, db.By{})
				}
				if err != nil {
					t.Fatal(err)
				}
				p.allow(!p.allowed)
			}
			if len(batch) > 0 {
				done, err := store.Record(t.Context(), db.Batch{Messages: batch}, policy)
				if err != nil || done[0].Err != nil {
					t.Fatal(err, done)
				}
			}
			is := bouncehound.OK
			if c, ok, err := store.Contact(t.Context(), name); err != nil {
				t.Fatal(err)
			} else if ok {
				is = c.Standing
			}
			if is != p.shown {
				t.Fatalf("%s stands at %s, should at %s\n%s\npolicy %+v", name, is, p.shown, strings.Join(histories[i], "; "), policy)
			}
		}
	}
	told := map[string][]string{}
	for _, e := range events(t, store) {
		var change struct{ Email string }
		if err := json.Unmarshal(e.Data, &change); err != nil {
			t.Fatal(err)
		}
		if e.Type != bouncehound.BounceRecorded {
			told[change.Email] = append(told[change.Email], string(e.Type))
		}
	}
	for i, p := range contacts {
		if got := told[fmt.Sprintf("c%d@d%d.example.com", i, i)]; !slices.Equal(got, p.told) {
			t.Errorf("contact %d was told of by\n%q, should by\n%q\n%s\npolicy %+v", i, got, p.told, strings.Join(histories[i], "; "), policy)
		}
	}
}
