package db

import (
	"context"
	"fmt"

	"bouncehound"
)

// unread reads the next messages that were not understood and records those that
// are now, as if they were new.
func (r *rejudging) unread(ctx context.Context) (done []Rejudged, more bool, err error) {
	if r.Read == nil {
		return nil, false, nil
	}
	since := ""
	if !r.Since.IsZero() {
		since = stored(r.Since).Format(layout)
	}
	kept, err := r.kept(ctx, nextUnread, r.message, since, rereadAtOnce)
	if err != nil || len(kept) == 0 {
		return nil, false, err
	}
	r.message = kept[len(kept)-1].number
	var understood []keptJudged
	for _, k := range kept {
		if why, err := r.why(ctx, k); err != nil {
			return nil, false, err
		} else if why != "" {
			if r.Left != nil {
				r.Left(LeftMessage{Why: why, ID: k.id, Mailbox: k.Place.Mailbox, ArrivedAt: k.InternalDate, Unread: true})
			}
			continue
		}
		if j := r.Read(k.Message); j.Kind() == bouncehound.KindReport {
			j.Message, j.ID = k.Message, k.id
			ready := r.db.prepare(&j)
			if ready.err != nil {
				return nil, false, ready.err
			}
			understood = append(understood, keptJudged{j, k.number, ready})
		}
	}
	if len(understood) > 0 {
		err = r.write(ctx, func(t *transaction) error {
			done = nil
			rec := &recording{transaction: t, policy: r.Policy}
			for _, j := range understood {
				d, err := r.understand(ctx, rec, j)
				if err != nil {
					return fmt.Errorf("message %s: %w", j.ID, err)
				}
				done = append(done, d...)
			}
			return nil
		})
	}
	return done, len(kept) == rereadAtOnce, err
}

// A keptJudged is a message that is understood now.
type keptJudged struct {
	bouncehound.Judged
	number int64
	ready  *prepared
}

// understand records a message that was not understood as the report it is, and
// returns what that makes of each address.
func (r *rejudging) understand(ctx context.Context, rec *recording, j keptJudged) ([]Rejudged, error) {
	if !r.Apply {
		// The run before this one would have judged the other bounces of these addresses
		// already.
		if err := r.asIfApplied(ctx, rec.transaction, j.Bounces); err != nil {
			return nil, err
		}
	}
	if err := rec.lookUp([]bouncehound.Judged{j.Judged}); err != nil {
		return nil, err
	}
	of, err := rec.withoutForgotten(&j.Judged)
	if err != nil {
		return nil, err
	}
	if of != nil {
		if j.ready, err = blanked(&j.Report); err != nil {
			return nil, err
		}
	}
	row := rec.row(j.Judged, bouncehound.KindReport, j.ready)
	// What follows the place, the size and the source in a row.
	n, err := rec.exec(`UPDATE messages SET kind = 'report', (arrived_at, format, message_id, reporting_mta, recipients, notes, original) = (?, ?, ?, ?, ?, ?, ?)
		WHERE number = ? AND kind = 'unread'`, append(row[8:], j.number)...)
	if err != nil || n == 0 { // another process was quicker
		return nil, err
	}
	if _, err := rec.exec(`DELETE FROM raw WHERE message = ?`, j.number); err != nil {
		return nil, err
	}
	if j.ready.kept != nil {
		rec.waiting.add(rawRows, j.number, j.ready.kept)
	}
	for name, value := range j.Report.Original.Headers { // a set: the order does not matter
		rec.waiting.add(headerRows, name, value, j.number)
	}
	stood := map[string]bouncehound.Standing{}
	for _, b := range j.Bounces {
		key, err := rec.key(b.Address)
		if err != nil {
			return nil, err
		}
		if _, ok := stood[key]; !ok {
			c, _, err := rec.contact(key)
			if err != nil {
				return nil, err
			}
			stood[key] = c.Standing
		}
	}
	bounces, err := rec.bounces(j.Judged, bouncehound.KindReport, j.number, j.ready.told)
	if err == nil {
		err = rec.flush()
	}
	if err != nil {
		return nil, err
	}
	return rec.understood(bounces, stood)
}

// understood puts together what the bounces of one message made of each address,
// given where each stood.
func (r *recording) understood(bounces []bouncehound.Bounce, stood map[string]bouncehound.Standing) (done []Rejudged, err error) {
	at := map[string]int{}
	for _, b := range bounces {
		b.Explanation, b.Advice = "", ""
		key, err := r.key(b.Address)
		if err != nil {
			return nil, err
		}
		i, ok := at[key]
		if !ok {
			i = len(done)
			at[key] = i
			d := Rejudged{Address: b.Address, Previous: stood[key]}
			c, known, err := r.contact(key)
			if err != nil {
				return nil, err
			}
			if known {
				d.Address, d.Standing = c.Email, c.Standing
			}
			if d.Previous == "" && known {
				d.Previous = bouncehound.OK // new: nothing was known against it
			}
			if d.Standing != d.Previous {
				d.Note = "a message that was not understood is now"
			}
			done = append(done, d)
		}
		done[i].Bounces = append(done[i].Bounces, Rejudgement{Is: b})
	}
	return done, nil
}

// asIfApplied makes, in a transaction that will be undone, those changes of some
// addresses that judging their stored bounces again makes.
func (r *rejudging) asIfApplied(ctx context.Context, t *transaction, bounces []bouncehound.Bounce) error {
	r.quiet = true
	defer func() { r.quiet = false }()
	for _, b := range bounces {
		key := bouncehound.Key(b.Address)
		if key == "" {
			continue
		}
		rows, err := r.bounces(ctx, `b.key = ? ORDER BY b.id`, key)
		if err != nil {
			return err
		}
		differ, err := r.differing(ctx, rows)
		if err != nil {
			return err
		}
		if _, err := t.rejudge(differ, r.Policy); err != nil {
			return err
		}
	}
	return nil
}
