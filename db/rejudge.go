package db

import (
	"context"
	"fmt"
	"iter"
	"time"

	"bouncehound"
)

// A Rejudging says how stored bounces are judged again.
type Rejudging struct {
	Judge func(bouncehound.Recipient) bouncehound.Verdict
	// Read reads and judges a message again. Nil: what messages say stays as it was
	// read. Otherwise it is given the bytes that are kept, if they are kept whole.
	Read func(bouncehound.Message) bouncehound.Judged
	// Left is told of each message that Read was not given, or that names others today;
	// nil: nobody is.
	Left   func(LeftMessage)
	Policy bouncehound.Policy
	Since  time.Time // only bounces and unread messages that arrived at or after; zero: all
	Apply  bool      // false: nothing is written
}

// A Rejudged is what judging again makes of one address.
type Rejudged struct {
	Address  string // as it was first written; empty for bounces without an address
	Bounces  []Rejudgement
	Previous bouncehound.Standing // where it stood; empty for an address that is no contact
	Standing bouncehound.Standing // where it stands; as Previous where that does not change
	Note     string               // for people: why the standing changes, or why it does not although the new verdicts are for it
}

// A Rejudgement is a bounce before and after. Was is the zero Bounce where a message
// was not understood and is now; neither has an original.
type Rejudgement struct {
	Was, Is bouncehound.Bounce
	Left    Left // with Rejudging.Read, why Is goes by what was read when the message came; empty: it does not
}

// rejudgeAtOnce is how many bounces Rejudge looks at between two commits, and
// rereadAtOnce how many messages that were not understood. All bounces of one address are
// looked at together, however many they are: half of them would tell of a standing
// that nobody has.
const (
	rejudgeAtOnce = 250
	rereadAtOnce  = 20
)

// Rejudge judges the stored bounces again, address by address, and returns what
// differs, one Rejudged an address. With r.Apply it has been changed by then, together
// with the standing that follows from it and the event that tells of that; a process
// killed in between, or a caller that stops, leaves the rest as it was, for the next
// time.
//
// A standing changes only where the verdicts before and after lead the policy to
// different answers. One that a person or a list set to do_not_email stays, and a
// contact with bounces that are no longer stored never stands better than before.
// Repeats get their verdict, and count as little as ever.
//
// With r.Read, bounces are matched by their position in the message and their address; those
// that do not match stay as they were read. A message that was not understood and is now
// is recorded as if it were new. Content that is not kept whole is not read: its bounces
// are judged by what was read when it came.
func (db *DB) Rejudge(ctx context.Context, r Rejudging) iter.Seq2[Rejudged, error] {
	return func(yield func(Rejudged, error) bool) {
		err := db.rejudge(ctx, r, func(d Rejudged) bool { return yield(d, nil) })
		if err != nil {
			yield(Rejudged{}, fmt.Errorf("judge again: %w", explain(err)))
		}
	}
}

// rejudge calls tell for each address; false ends it.
func (db *DB) rejudge(ctx context.Context, r Rejudging, tell func(Rejudged) bool) error {
	again := rejudging{db: db, Rejudging: r, read: map[int64]readAgain{}}
	for _, next := range []func(context.Context) ([]Rejudged, bool, error){again.contacts, again.addressless, again.unread} {
		for more := true; more; {
			var done []Rejudged
			var err error
			if done, more, err = next(ctx); err != nil {
				return err
			}
			for _, d := range done {
				if !tell(d) {
					return nil
				}
			}
		}
	}
	return nil
}

// A rejudging is one run of Rejudge and how far it is.
type rejudging struct {
	db *DB
	Rejudging
	key     string              // of the last address done with
	id      int64               // of the last bounce without an address
	message int64               // number of the last unread message
	read    map[int64]readAgain // by number of the message, whose recipients come by one by one
	quiet   bool                // what is left was told of, or will be
}

// The conditions of what comes next.
const (
	nextKeys    = `b.key > ? ORDER BY b.key, b.id LIMIT ?`
	nextKeyless = `b.key IS NULL AND b.id > ? ORDER BY b.id LIMIT ?`
	nextUnread  = `m.kind = 'unread' AND m.number > ? AND coalesce(m.arrived_at, '9') >= ? ORDER BY m.number LIMIT ?`
)

// contacts judges the bounces of the next addresses.
func (r *rejudging) contacts(ctx context.Context) (done []Rejudged, more bool, err error) {
	rows, err := r.bounces(ctx, nextKeys, r.key, rejudgeAtOnce)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	if len(rows) == rejudgeAtOnce {
		// The last address may have more than were read.
		last := rows[len(rows)-1].key
		if rows[0].key == last {
			rows, err = r.bounces(ctx, `b.key = ? ORDER BY b.id`, last)
		} else {
			for rows[len(rows)-1].key == last {
				rows = rows[:len(rows)-1]
			}
		}
		if err != nil {
			return nil, false, err
		}
	}
	r.key = rows[len(rows)-1].key
	done, err = r.settle(ctx, rows)
	return done, true, err
}

// addressless judges the next bounces whose address could not be read.
func (r *rejudging) addressless(ctx context.Context) (done []Rejudged, more bool, err error) {
	rows, err := r.bounces(ctx, nextKeyless, r.id, rejudgeAtOnce)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	r.id = rows[len(rows)-1].Was.ID
	done, err = r.settle(ctx, rows)
	return done, len(rows) == rejudgeAtOnce, err
}

// settle compares the bounces of some addresses, in the order of these, with what
// they come to today, and makes the changes if it is to.
func (r *rejudging) settle(ctx context.Context, rows []storedBounce) (done []Rejudged, err error) {
	differ, err := r.differing(ctx, rows)
	if err != nil || len(differ) == 0 {
		return nil, err
	}
	err = r.write(ctx, func(t *transaction) error {
		done, err = t.rejudge(differ, r.Policy)
		return err
	})
	return done, err
}

// differing returns those bounces that are judged, or read, otherwise today.
func (r *rejudging) differing(ctx context.Context, rows []storedBounce) (differ []storedBounce, err error) {
	for _, row := range rows {
		if err := r.again(ctx, &row); err != nil {
			return nil, err
		}
		if row.Is.Recipient != row.Was.Recipient || row.Is.Verdict != row.Was.Verdict {
			differ = append(differ, row)
		}
	}
	return differ, nil
}
