package db

import (
	"fmt"
	"time"

	"bouncehound"
)

// bounces records the bounces of a message, in their order, each with what
// follows from it.
func (r *recording) bounces(j bouncehound.Judged, kind bouncehound.Kind, message int64) ([]bouncehound.Bounce, error) {
	if len(j.Bounces) == 0 {
		return nil, nil
	}
	earlier, err := r.sameReport(j.Report.MessageID, message)
	if err != nil {
		return nil, err
	}
	recorded := make([]bouncehound.Bounce, len(j.Bounces))
	here := map[said]bool{}
	for i, b := range j.Bounces {
		b.ArrivedAt, b.Source, b.Message = r.arrived(b.ArrivedAt), "", j.ID
		if keeps(b, kind) {
			key, err := r.key(b.Address)
			if err != nil {
				return nil, err
			}
			s := said{key, b.Action, b.Status}
			if b.Repeat = here[s] && key != ""; !b.Repeat {
				if b.Repeat, err = r.saidBefore(s, earlier); err != nil {
					return nil, err
				}
			}
			here[s] = true
			if err := r.bounce(&b, key, message); err != nil {
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

// sameReport returns the other messages with the Message-ID of a report. That there
// is one at all is rare, so the question is asked once a message.
func (t *transaction) sameReport(messageID string, message int64) ([]int64, error) {
	if messageID == "" {
		return nil, nil
	}
	return collect(stream(t.ctx, t.Tx, "same report", scanNumber,
		`SELECT number FROM messages WHERE message_id = ? AND number <> ?`, messageID, message))
}

// saidBefore says whether one of the messages said the same, or may have: what it said
// may no longer be stored.
func (t *transaction) saidBefore(s said, messages []int64) (bool, error) {
	for _, m := range messages {
		var one int
		ok, err := t.one(`SELECT 1 FROM bounces WHERE message = ? AND key IS ? AND action = ? AND status = ?
			UNION ALL SELECT 1 FROM messages WHERE number = ? AND pruned = 1`, []any{m, known(s.key), s.action, s.status, m}, &one)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// bounce stores a bounce, sets its ID, and does what follows from it: its event
// and the standing of its contact.
func (r *recording) bounce(b *bouncehound.Bounce, key string, message int64) error {
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
	b.ID, err = r.insert(`INSERT INTO bounces
		(message, repeat, arrived_at, key, action, recipient, final_recipient, status, reply, diagnostic, remote_mta,
		class, reason, fault, ses_type, ses_subtype, rule, matched, confidence, retry, original_id, sent, elsewhere)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		message, b.Repeat, stamp(b.ArrivedAt), known(key), b.Action, b.Address, b.Final, b.Status, b.Reply, b.Diagnostic, b.RemoteMTA,
		b.Class, b.Reason, b.Fault, b.SESType, b.SESSubtype, b.Rule, b.Matched, b.Confidence, b.Retry, known(b.Original.MessageID), sent, elsewhere && isForgotten(key))
	if err != nil {
		return err
	}
	if b.Repeat || b.Action == bouncehound.NoAction {
		return nil
	}
	if !isForgotten(key) { // an event would have to name the address
		data, err := encode(b)
		if err != nil {
			return err
		}
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
	if facts, ok := r.histories[key]; ok {
		r.histories[key] = insert(facts, f)
	}
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
		return r.save(&c)
	}
	return nil
}

// fact returns what the policy looks at in a bounce.
func fact(b *bouncehound.Bounce) bouncehound.Fact {
	return bouncehound.Fact{Bounce: b.ID, At: b.ArrivedAt, Action: b.Action, Class: b.Class, Reason: b.Reason, Fault: b.Fault, Original: b.Original.MessageID, Elsewhere: b.Elsewhere()}
}
