package db

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bouncehound"
)

// restand lets a contact stand where its bounces lead today, as the policy answers
// before and after; it says in d why it does, or does not.
func (t *transaction) restand(c *contact, d *Rejudged, p bouncehound.Policy, before, after []bouncehound.Fact, pruned bool) error {
	h := bouncehound.History{Standing: c.Standing, Since: c.Since, Until: c.Until, Cause: c.Cause, Released: c.released}
	if h.Standing == bouncehound.DoNotEmail {
		h.Standing = bouncehound.Watch // or the policy would leave it, whatever the bounces are
	}
	h.Facts = before
	was := p.Decide(h, t.now)
	h.Facts = after
	is := p.Decide(h, t.now)
	if err := errors.Join(t.spare(c.key, &was), t.spare(c.key, &is)); err != nil {
		return err
	}

	worse := rank[is.Standing] > rank[was.Standing] && rank[is.Standing] > rank[c.Standing]
	better := rank[is.Standing] < rank[was.Standing] && rank[is.Standing] < rank[c.Standing]
	switch {
	case !worse && !better:
	case byPerson(c):
		d.Note = fmt.Sprintf("stays %s: set by %s", c.Standing, c.Cause)
	case better && pruned:
		d.Note = fmt.Sprintf("stays %s: not all of its bounces are stored any more", c.Standing)
	case better && was.Standing != c.Standing:
		d.Note = fmt.Sprintf("stays %s: today's policy would not have put it there", c.Standing)
	default:
		list, held, err := t.named(c, bouncehound.ListDoNotEmail, 0, c.released)
		if err != nil {
			return err
		}
		if held && c.Standing == bouncehound.DoNotEmail {
			d.Note = fmt.Sprintf("stays %s: batch %d names it", c.Standing, list.Batch)
			return t.holdFor(c, list, is)
		}
		d.Note = because(d.Bounces, was, is)
		return t.restandAt(c, is, d.Note, !p.Observe)
	}
	if !byPerson(c) && is.Standing == c.Standing {
		c.Until = is.Until
	}
	return t.showAgain(c, is)
}

// holdFor leaves a contact at do_not_email because a list names it, where only a bounce
// had flagged it. If the list is taken back, it stands where a decision says.
func (t *transaction) holdFor(c *contact, list bouncehound.List, is bouncehound.Decision) error {
	to := bouncehound.Change{Standing: bouncehound.DoNotEmail, Since: c.Since, Cause: bouncehound.CauseImport, By: list.By, Note: list.Note}
	c.Until = time.Time{}
	if err := t.change(c, &to, true); err != nil {
		return err
	}
	if err := t.showAgain(c, is); err != nil {
		return err
	}
	before := stoodAt(c)
	before.Standing, before.Since, before.Until, before.Cause, before.By, before.Note = is.Standing, is.Since, is.Until, bouncehound.CauseReclassify, "", ""
	was, err := json.Marshal(before)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE listed SET before = ? WHERE batch = ? AND contact = ?`, string(was), list.Batch, c.number)
	return err
}

// restandAt lets a contact stand where a decision says.
func (t *transaction) restandAt(c *contact, is bouncehound.Decision, note string, tell bool) (err error) {
	to := bouncehound.Change{Standing: is.Standing, Since: stored(is.Since), Cause: bouncehound.CauseReclassify, Note: note}
	if is.Since.IsZero() {
		to.Since = t.now
	}
	if is.Bounce != 0 {
		if to.Bounce, err = t.bounceByID(is.Bounce); err != nil {
			return err
		}
	}
	c.Until = is.Until
	if err := t.change(c, &to, tell); err != nil {
		return err
	}
	return t.showAgain(c, is)
}

// showAgain makes a contact show its bounce as it is judged today: the one that
// decided its standing, or the last one if that is still stored.
func (t *transaction) showAgain(c *contact, is bouncehound.Decision) error {
	if c.Standing != bouncehound.OK && !byPerson(c) {
		if is.Bounce == 0 || is.Standing != c.Standing {
			return nil
		}
		b, err := t.bounceByID(is.Bounce)
		if err == nil {
			c.shows(b)
		}
		return err
	}
	var last int64
	ok, err := t.one(`SELECT id FROM bounces WHERE key = ? AND repeat = 0 AND action IN ('failed', 'complained') AND arrived_at >= ?
		ORDER BY arrived_at DESC, id DESC LIMIT 1`, []any{c.key, orBeginning(c.LastBouncedAt)}, &last)
	if err != nil || !ok {
		return err
	}
	b, err := t.bounceByID(last)
	if err == nil {
		c.shows(b)
	}
	return err
}

// rank orders standings, the worst last.
var rank = map[bouncehound.Standing]int{bouncehound.OK: 0, bouncehound.Watch: 1, bouncehound.DoNotEmail: 2}

// byPerson says whether a person or a list made a contact do_not_email. One that
// they released is judged by its bounces since, like any other.
func byPerson(c *contact) bool {
	return c.Standing == bouncehound.DoNotEmail && (c.Cause == bouncehound.CauseHand || c.Cause == bouncehound.CauseImport)
}

// because says in words which verdict changed a standing: that on the bounce which
// decides now, or did before, or else the first that changed.
func because(changed []Rejudgement, was, is bouncehound.Decision) string {
	decisive := changed[0]
	for _, id := range []int64{was.Bounce, is.Bounce} {
		for _, r := range changed {
			if id != 0 && r.Is.ID == id {
				decisive = r
			}
		}
	}
	before, after := decisive.Was, decisive.Is
	if before.Action != after.Action {
		return fmt.Sprintf("read again: %s is %s, %s/%s", before.Action, after.Action, after.Class, after.Reason)
	}
	return fmt.Sprintf("judged again: %s/%s is %s/%s by today's rules (%s)", before.Class, before.Reason, after.Class, after.Reason, after.Rule)
}

// orBeginning returns a time as stored, and what is before all times for none.
func orBeginning(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(layout)
}
