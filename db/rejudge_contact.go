package db

import (
	"fmt"
	"time"

	"bouncehound"
)

// rejudge stores bounces as they are judged today and lets their contacts stand
// where that leads. The bounces of one address follow each other.
func (t *transaction) rejudge(differ []storedBounce, p bouncehound.Policy) (done []Rejudged, err error) {
	for len(differ) > 0 {
		n := 1
		for n < len(differ) && differ[n].key == differ[0].key {
			n++
		}
		d, err := t.rejudgeContact(differ[:n], p)
		if err != nil {
			return nil, err
		}
		if len(d.Bounces) > 0 {
			done = append(done, d)
		}
		differ = differ[n:]
	}
	return done, nil
}

// rejudgeContact does so for the bounces of one address, which may be none.
func (t *transaction) rejudgeContact(differ []storedBounce, p bouncehound.Policy) (Rejudged, error) {
	key := differ[0].key
	if key == "" {
		done, err := t.replace(differ)
		return Rejudged{Bounces: done}, err
	}
	before, err := t.facts(key)
	if err != nil {
		return Rejudged{}, err
	}
	done, err := t.replace(differ)
	if err != nil || len(done) == 0 {
		return Rejudged{}, err
	}
	d := Rejudged{Address: done[0].Is.Address, Bounces: done}
	c, known, err := t.contact(key)
	if err != nil {
		return Rejudged{}, err
	}
	if !known {
		if !anyAgainst(done) {
			return d, nil
		}
		c = newContact(key, d.Address)
	}
	after, err := t.facts(key)
	if err != nil {
		return Rejudged{}, err
	}
	d.Address, d.Previous = c.Email, c.Standing
	pruned := !c.pruned.IsZero() || against(before) < c.Bounces
	c.recount(done, after, pruned)
	if err := t.restand(&c, &d, p, before, after, pruned); err != nil {
		return Rejudged{}, err
	}
	d.Standing = c.Standing
	return d, t.save(&c)
}

// replace stores bounces as they are judged today and returns those that are still
// there.
func (t *transaction) replace(differ []storedBounce) (done []Rejudgement, err error) {
	for _, s := range differ {
		b := s.Is
		n, err := t.exec(`UPDATE bounces SET (action, recipient, final_recipient, status, reply, diagnostic, remote_mta,
			class, reason, fault, ses_type, ses_subtype, rule, matched, confidence, retry) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?`,
			b.Action, b.Address, b.Final, b.Status, b.Reply, b.Diagnostic, b.RemoteMTA,
			b.Class, b.Reason, b.Fault, b.SESType, b.SESSubtype, b.Rule, b.Matched, b.Confidence, b.Retry, b.ID)
		if err != nil {
			return nil, fmt.Errorf("bounce %d: %w", b.ID, err)
		}
		if n > 0 {
			done = append(done, s.Rejudgement)
		}
	}
	return done, nil
}

// recount corrects what a contact has had, where a message that is read otherwise
// today counts where it did not, or does not where it did.
func (c *contact) recount(changed []Rejudgement, after []bouncehound.Fact, pruned bool) {
	counted := false
	for _, r := range changed {
		if r.Is.Repeat || countsAgainst(r.Was.Action) == countsAgainst(r.Is.Action) {
			continue
		}
		counted = true
		if countsAgainst(r.Is.Action) {
			c.Bounces++
		} else if c.Bounces > 0 {
			c.Bounces--
		}
	}
	if !counted || pruned {
		return
	}
	c.FirstBouncedAt, c.LastBouncedAt = time.Time{}, time.Time{}
	for _, f := range after {
		if !countsAgainst(f.Action) {
			continue
		}
		if c.FirstBouncedAt.IsZero() || f.At.Before(c.FirstBouncedAt) {
			c.FirstBouncedAt = f.At
		}
		c.LastBouncedAt = later(c.LastBouncedAt, f.At)
	}
}

func countsAgainst(a bouncehound.Action) bool {
	return a == bouncehound.Failed || a == bouncehound.Complained
}

// against counts the facts against a contact.
func against(facts []bouncehound.Fact) (n int) {
	for _, f := range facts {
		if countsAgainst(f.Action) {
			n++
		}
	}
	return n
}

func anyAgainst(changed []Rejudgement) bool {
	for _, r := range changed {
		if countsAgainst(r.Is.Action) && !r.Is.Repeat {
			return true
		}
	}
	return false
}
