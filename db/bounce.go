package db

import (
	"fmt"
	"slices"
	"time"

	"bouncehound"
)

// bounces records the bounces of a message, in their order, each with what
// follows from it. told are the data of their events, as far as they are prepared.
func (r *recording) bounces(j bouncehound.Judged, kind bouncehound.Kind, message int64, told [][]byte) ([]bouncehound.Bounce, error) {
	if len(j.Bounces) == 0 {
		return nil, nil
	}
	earlier, err := r.sameReport(j.Report.MessageID, message)
	if err != nil {
		return nil, err
	}
	recorded := make([]bouncehound.Bounce, len(j.Bounces))
	var here []said
	for i, b := range j.Bounces {
		at := r.arrived(b.ArrivedAt)
		var data []byte
		if i < len(told) && at.Equal(stored(b.ArrivedAt)) {
			data = told[i]
		}
		b.ArrivedAt, b.Source, b.Message = at, "", j.ID
		if keeps(b, kind) {
			key, err := r.key(b.Address)
			if err != nil {
				return nil, err
			}
			s := said{key, b.Action, b.Status}
			if b.Repeat = key != "" && slices.Contains(here, s); !b.Repeat {
				if b.Repeat, err = r.saidBefore(s, earlier); err != nil {
					return nil, err
				}
			}
			here = append(here, s)
			err = r.bounce(&b, key, message, data)
			if err == nil && r.apart {
				err = r.transaction.flush()
			}
			if err != nil {
				return nil, fmt.Errorf("recipient %d: %w", i+1, err)
			}
		}
		recorded[i] = b
	}
	return recorded, nil
}

// arrived returns a time of arrival as it is stored, and never later than now: what
// was judged before the clock was set back would never count.
func (r *recording) arrived(at time.Time) time.Time {
	if at.After(r.now) {
		return r.now
	}
	return stored(at)
}

// said is what two reports must agree in for one to repeat the other.
type said struct {
	key    string
	action bouncehound.Action
	status string
}

// sameReport returns the other messages with the Message-ID of a report, and from now on
// this one with them. That there is one at all is rare.
func (r *recording) sameReport(messageID string, message int64) (others []int64, err error) {
	if messageID == "" {
		return nil, nil
	}
	if _, ok := r.reports[messageID]; !ok { // a forgotten address was taken out of it
		if err := r.lookUpReports(messageID); err != nil {
			return nil, err
		}
	}
	all := r.reports[messageID]
	for _, m := range all {
		if m != message {
			others = append(others, m)
		}
	}
	if len(others) == len(all) {
		r.reports[messageID] = append(all, message)
	}
	return others, nil
}

// saidBefore says whether one of the messages said the same, or may have: what it said
// may no longer be stored.
func (r *recording) saidBefore(s said, messages []int64) (bool, error) {
	if len(messages) > 0 {
		if err := r.transaction.flush(); err != nil {
			return false, err
		}
	}
	for _, m := range messages {
		var one int
		ok, err := r.one(`SELECT 1 FROM bounces WHERE message = ? AND key IS ? AND action = ? AND status = ?
			UNION ALL SELECT 1 FROM messages WHERE number = ? AND pruned = 1`, []any{m, known(s.key), s.action, s.status, m}, &one)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// bounce stores a bounce, sets its ID, and does what follows from it: its event, whose
// data may be prepared, and the standing of its contact.
func (r *recording) bounce(b *bouncehound.Bounce, key string, message int64, data []byte) error {
	elsewhere := b.Elsewhere()
	if isForgotten(key) {
		told := b
		blank := blankBounce(*b)
		b = &blank
		defer func() { told.ID = b.ID }()
	}
	sent, err := r.sentOf(b, key)
	if err != nil {
		return err
	}
	b.ID = r.nextBounce
	r.nextBounce++
	r.waiting.add(bounceRows, b.ID, message, b.Repeat, stamp(b.ArrivedAt), known(key), b.Action, b.Address, b.Final, b.Status, b.Reply, b.Diagnostic, b.RemoteMTA,
		b.Class, b.Reason, b.Fault, b.SESType, b.SESSubtype, b.Rule, b.Matched, b.Confidence, b.Retry, known(b.Original.MessageID), sent, elsewhere && isForgotten(key))
	if b.Repeat || b.Action == bouncehound.NoAction {
		return nil
	}
	if !isForgotten(key) { // an event would have to name the address
		if data == nil || sent != nil { // then it names what was sent
			if data, err = encode(b); err != nil {
				return err
			}
		}
		r.told = toldBounce{b.ID, data}
		if _, err := r.event(bouncehound.BounceRecorded, key, data); err != nil {
			return err
		}
	}
	if err := r.blocked(b); err != nil {
		return err
	}
	return r.count(b, key, elsewhere)
}

// count lets a bounce count for or against its contact. A contact begins with the
// first bounce against it.
func (r *recording) count(b *bouncehound.Bounce, key string, elsewhere bool) error {
	f := fact(b)
	f.Elsewhere = elsewhere
	against := b.Action == bouncehound.Failed || b.Action == bouncehound.Complained
	if key == "" || !against && b.Action != bouncehound.Delivered {
		return nil
	}
	r.fresh(key, f)
	c, known, err := r.contact(key)
	if err != nil || !known && !against {
		return err
	}
	if !known {
		c = newContact(key, b.Address)
	}
	if against {
		c.add(b)
	}
	if r.policy.Counts(f) {
		if err := r.decide(&c, r.policy, b); err != nil {
			return err
		}
	}
	if !known || against || c.changed {
		c.changed = false
		r.save(&c)
	}
	return nil
}

// fact returns what the policy looks at in a bounce.
func fact(b *bouncehound.Bounce) bouncehound.Fact {
	return bouncehound.Fact{Bounce: b.ID, At: b.ArrivedAt, Action: b.Action, Class: b.Class, Reason: b.Reason, Fault: b.Fault, Original: b.Original.MessageID, Elsewhere: b.Elsewhere()}
}
