package db

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A forgetting looks through the store for an address that is forgotten, a page after
// the other. Where it is stands in the settings, so that another process can go on.
type forgetting struct {
	db    *DB
	key   string // of the address; empty where it is gone on with
	hash  string // the key that its contact has
	until int64  // the last event there was when it was begun: no later one is about it
	done  *Forgotten
	try   bool // nothing is written
	beat  func()

	written   []string // the address, as it is written in the store, in lower case
	spellings []spelling
	parts     []string // of the address as it is written, one of which is in each spelling
}

// named tells how the address is written.
func (f *forgetting) named(written []string) {
	f.written, f.parts, f.spellings = nil, nil, spellings(written...)
	for _, w := range written {
		if w = strings.ToLower(w); w == "" || slices.Contains(f.written, w) {
			continue
		}
		f.written = append(f.written, w)
		if part := plainest(w); !slices.Contains(f.parts, part) {
			f.parts = append(f.parts, part)
		}
	}
}

// without returns a text with something else in place of the address.
func (f *forgetting) without(text string, json bool) string {
	if json {
		return withoutJSON(text, f.spellings)
	}
	return without(text, f.spellings)
}

// mayName is the condition that a column may name the address. SQLite knows only ASCII
// in either case, so it looks for the longest part of it that is nothing else and that no
// spelling changes.
func (f *forgetting) mayName(column string) string {
	all := make([]string, len(f.parts))
	for i, part := range f.parts {
		all[i] = `instr(lower(` + column + `), '` + part + `') > 0`
	}
	return `(` + strings.Join(all, ` OR `) + `)`
}

// plainest returns the longest run of letters, digits, dots and hyphens in the local
// part of an address.
func plainest(address string) (longest string) {
	for _, run := range strings.FieldsFunc(address[:max(0, strings.LastIndex(address, "@"))], func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-')
	}) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	return longest
}

// progress names the setting that says how far a forgetting is: a step, the last number it
// has looked at there, the last it has to (what came later names nobody who was forgotten
// by then, and may come faster than it is looked at), and until.
const progress = "forgetting/"

// begin remembers that the store is to be looked through, from the beginning.
func (t *transaction) begin(f *forgetting) (err error) {
	for _, w := range f.written {
		if _, err := t.exec(`INSERT INTO forgetting (spelling, key) VALUES (?, ?) ON CONFLICT DO NOTHING`, w, f.hash); err != nil {
			return err
		}
	}
	if _, err := t.one(lastSequence, nil, &f.until); err != nil {
		return err
	}
	return t.set(progress+f.hash, f.at(ownBounces, 0, 0))
}

func (f *forgetting) at(step string, number, bound int64) string {
	return fmt.Sprint(step, " ", number, " ", bound, " ", f.until)
}

// everyPage is no bound; pagesAtSweep is how many pages Sweep looks at, so that it has
// time for what else it is for.
const (
	everyPage    = -1
	pagesAtSweep = 100
)

// forgetRest goes on with what was broken off, and with events that all cursors have
// passed by now, for so many pages. It calls beat at each.
func (db *DB) forgetRest(ctx context.Context, pages int, beat func()) error {
	keys, err := collect(stream(ctx, db.readers, "forgetting", scanText, `SELECT DISTINCT key FROM forgetting`))
	if err != nil {
		return err
	}
	for _, hash := range keys {
		f := forgetting{db: db, hash: hash, done: &Forgotten{}, beat: beat}
		written, err := collect(stream(ctx, db.readers, "forgetting", scanText, `SELECT spelling FROM forgetting WHERE key = ?`, hash))
		if err != nil {
			return err
		}
		f.named(written)
		if pages, err = f.pages(ctx, pages); err != nil {
			return err
		}
		if f.done.Texts+f.done.Raw+f.done.Events > 0 {
			if err := db.overwrite(ctx); err != nil {
				return err
			}
		}
		if pages == 0 {
			break
		}
	}
	return nil
}

// pages looks at the next pages, at most so many, and returns how many are left of
// these; -1 is no bound.
func (f *forgetting) pages(ctx context.Context, most int) (left int, err error) {
	steps := f.steps()
	step, number, bound := 0, int64(0), int64(0)
	if !f.try {
		if step, number, bound, err = f.reached(ctx, steps); err != nil {
			return most, err
		}
	}
	for left = most; step < len(steps) && left != 0; left = max(left-1, everyPage) {
		f.beat()
		s := steps[step]
		if number == 0 {
			if bound, err = upTo(ctx, f.db.readers, s.table, s.id, 0, math.MaxInt64, -1); err != nil {
				return left, err
			}
		}
		next, err := s.page(ctx, number, bound)
		if err != nil {
			return left, err
		}
		if next == waitingHere {
			return left, nil
		}
		if number = next; next == 0 {
			step++
		}
		if f.try {
			continue
		}
		if err := f.remember(ctx, steps, step, number, bound); err != nil {
			return left, err
		}
		select {
		case <-ctx.Done():
			return left, ctx.Err()
		case <-time.After(forgetPause):
		}
	}
	return left, nil
}

// forgetPause is between two pages, for those who wait for their turn.
const forgetPause = time.Millisecond

// A forgetStep is one part of the store. Its page looks at what comes after a number, up to
// a bound, and returns the last number it has looked at, 0 at the end, waitingHere where it
// can't go on for now.
type forgetStep struct {
	name      string
	table, id string
	page      func(ctx context.Context, after, bound int64) (int64, error)
}

const waitingHere = -1

func (f *forgetting) steps() (all []forgetStep) {
	all = append(all, forgetStep{ownBounces, "bounces", "id", f.ownPage})
	for _, table := range texts {
		all = append(all, forgetStep{table.name, table.name, table.id, func(ctx context.Context, after, bound int64) (int64, error) { return table.page(ctx, f, after, bound) }})
	}
	return append(all, forgetStep{"raw", "raw", "message", f.rawPage}, forgetStep{"events", "events", "sequence", f.eventPage})
}

// reached returns the step where a forgetting is, the last number it has looked at and the
// last it has to.
func (f *forgetting) reached(ctx context.Context, steps []forgetStep) (step int, number, bound int64, err error) {
	var value, name string
	ok, err := found(f.db.readers.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = ?`, progress+f.hash).Scan(&value))
	if err != nil {
		return 0, 0, 0, err
	}
	if ok {
		if _, err := fmt.Sscan(value, &name, &number, &bound, &f.until); err != nil {
			return 0, 0, 0, fmt.Errorf("setting %s%s: %w", progress, f.hash, err)
		}
		for i, s := range steps {
			if s.name == name {
				return i, number, bound, nil
			}
		}
	}
	// Of an older version of the program, which remembered only what to look for.
	f.until, err = f.db.LastSequence(ctx)
	if err == nil {
		err = f.db.tryWrite(ctx, func(t *transaction) error { return t.set(progress+f.hash, f.at(steps[0].name, 0, 0)) })
	}
	return 0, 0, 0, err
}

// remember stores where a forgetting is; at its end it leaves nothing of it. One that
// another process has ended meanwhile stays ended, and one that was begun anew, of which
// there is more to look at, goes on from where that is.
func (f *forgetting) remember(ctx context.Context, steps []forgetStep, step int, number, bound int64) error {
	return f.db.tryWrite(ctx, func(t *transaction) error {
		var ours bool
		if _, err := t.one(`SELECT value LIKE '% ' || ? FROM settings WHERE name = ?`, []any{f.until, progress + f.hash}, &ours); err != nil || !ours {
			return err
		}
		if step < len(steps) {
			_, err := t.exec(`UPDATE settings SET value = ? WHERE name = ?`, f.at(steps[step].name, number, bound), progress+f.hash)
			return err
		}
		for _, q := range []string{`DELETE FROM forgetting WHERE key = ?`, `DELETE FROM settings WHERE name = '` + progress + `' || ?`} {
			if _, err := t.exec(q, f.hash); err != nil {
				return err
			}
		}
		return nil
	})
}
