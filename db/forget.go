package db

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"bouncehound"
)

// Forgotten is what Forget blanked, or with try would. Where an earlier run was broken
// off, what that had blanked is not in it.
type Forgotten struct {
	Known    bool                 // it was a contact, or is one that was forgotten before
	Standing bouncehound.Standing // where it stands, and goes on to stand
	Bounces  int                  // of the address
	Texts    int                  // other places that named it: originals, diagnostics, notes, lists
	Raw      int                  // messages whose bytes were taken out
	Events   int                  // events that were blanked
	Waiting  int                  // events that some cursor has not passed; they are blanked once all have
	Tagged   []string             // contacts whose address is this one with a +tag: others, that stay
}

// Forget takes an address out of the store. What stays is its contact under a keyed
// hash, with its standing and the dates, classes and reasons of its bounces: an address
// that must not be mailed stays so, and whoever asks for it by the address finds it.
// The key lies beside the store (STORE.key, mode 0600) and not in it.
//
// One transaction gives its contact and its bounces another key, and remembers that it is
// to be looked for; its bounces and everything else are then looked through a page at a
// time, without holding up anybody who writes. A process that is killed in between, or a ctx that
// ends, leaves the rest to the next Forget of any address and to Sweep and Retain, which
// also blank events once every cursor has passed them. With try nothing is changed.
func (db *DB) Forget(ctx context.Context, address string, try bool) (Forgotten, error) {
	done, err := db.forget(ctx, address, try)
	if err != nil {
		return done, fmt.Errorf("forget: %w", explain(err))
	}
	return done, nil
}

func (db *DB) forget(ctx context.Context, address string, try bool) (done Forgotten, err error) {
	var f *forgetting
	if try {
		f, err = db.tryForget(ctx, address)
	} else {
		f, err = db.beginForget(ctx, address)
	}
	if err != nil {
		return done, err
	}
	defer func() { done = *f.done }()
	if _, err := f.pages(ctx, everyPage); err != nil || try {
		return done, err
	}
	if err := db.overwrite(ctx); err != nil {
		return done, err
	}
	return done, db.forgetRest(ctx, everyPage, func() {}) // of others that were broken off
}

// beginForget takes an address from its contact.
func (db *DB) beginForget(ctx context.Context, address string) (*forgetting, error) {
	if !strings.Contains(address, "@") {
		return nil, errNoAddress
	}
	secret, err := db.makeForgetKey(ctx)
	if err != nil {
		return nil, err
	}
	f := newForgetting(db, address, secret)
	return f, db.tryWrite(ctx, func(t *transaction) error {
		if err := f.look(t.ctx, t.Tx, address); err != nil {
			return err
		}
		return t.forgetContact(f, secret)
	})
}

// tryForget begins to look for an address, and does nothing more.
func (db *DB) tryForget(ctx context.Context, address string) (*forgetting, error) {
	if !strings.Contains(address, "@") {
		return nil, errNoAddress
	}
	secret, err := db.forgetKey()
	if errors.Is(err, fs.ErrNotExist) {
		secret = make([]byte, secretSize) // nothing was forgotten yet: any does
	} else if err != nil {
		return nil, err
	}
	f := newForgetting(db, address, secret)
	f.try = true
	if err := f.look(ctx, db.readers, address); err != nil {
		return nil, err
	}
	f.until, err = db.LastSequence(ctx)
	return f, err
}

func newForgetting(db *DB, address string, secret []byte) *forgetting {
	key := bouncehound.Key(address)
	return &forgetting{db: db, key: key, hash: forgottenKey(secret, key), done: &Forgotten{}, beat: func() {}}
}

// look finds how an address is written in the store, and counts what is stored of it.
func (f *forgetting) look(ctx context.Context, q querier, address string) error {
	written := []string{f.key, address}
	for _, query := range []string{`SELECT DISTINCT recipient FROM bounces WHERE key = ?`, `SELECT DISTINCT email FROM changes WHERE key = ?`, `SELECT email FROM contacts WHERE key = ?`} {
		more, err := collect(stream(ctx, q, "spellings", scanText, query, f.key))
		if err != nil {
			return err
		}
		written = append(written, more...)
	}
	f.named(written)
	for _, c := range []struct {
		into  *int
		query string
	}{
		{&f.done.Bounces, `SELECT count(*) FROM bounces WHERE key = ?`},
		{&f.done.Raw, `SELECT count(*) FROM raw WHERE message IN (SELECT message FROM bounces WHERE key = ?)`},
	} {
		counts, err := collect(stream(ctx, q, "counts", scanNumber, c.query, f.key))
		if err != nil {
			return err
		}
		*c.into = int(counts[0])
	}
	stands, err := collect(stream(ctx, q, "standing", scanText, `SELECT standing FROM contacts WHERE key IN (?, ?)`, f.key, f.hash))
	if err != nil {
		return err
	}
	f.done.Known, f.done.Standing = len(stands) > 0, bouncehound.OK
	if f.done.Known {
		f.done.Standing = bouncehound.Standing(stands[0])
	}
	local := f.key[:strings.LastIndex(f.key, "@")]
	f.done.Tagged, err = collect(stream(ctx, q, "tagged", scanText, `SELECT email FROM contacts WHERE key > ? AND key < ? AND domain = ? ORDER BY key`,
		local+"+", local+",", bouncehound.Domain(f.key)))
	return err
}

// forgetContact gives all that is about an address the key of a forgotten contact, and
// remembers that the rest of the store is to be looked through for it.
func (t *transaction) forgetContact(f *forgetting, secret []byte) error {
	if !f.done.Known {
		c := newContact(f.key, "?")
		if err := t.save(&c); err != nil {
			return err
		}
	}
	key, hash, plain := f.key, f.hash, sha256.Sum256([]byte(f.key))
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`UPDATE contacts SET key = ?, email = '', domain = '', note = '', diagnostic = '', sealed = ? WHERE key = ?`, []any{hash, seal(secret, hash, plain[:]), key}},
		{`UPDATE bounces SET sent = NULL WHERE sent IN (SELECT number FROM sent WHERE key = ?)`, []any{key}},
		{`DELETE FROM sent WHERE key = ? AND key <> ''`, []any{key}},
		{`UPDATE bounces SET key = ? WHERE key = ?`, []any{hash, key}}, // there may be very many: ownPage does the rest
		{`UPDATE changes SET key = ?, email = '', note = '' WHERE key = ?`, []any{hash, key}},
		{`UPDATE entries SET key = ?, value = ?, note = '', ended_note = '' WHERE key = ?`, []any{hash, forgottenText, key}},
		{`UPDATE listed SET before = json_remove(before, '$.diagnostic', '$.note') WHERE before <> '' AND contact = (SELECT number FROM contacts WHERE key = ?)`, []any{hash}},
	} {
		if _, err := t.exec(s.query, s.args...); err != nil {
			return err
		}
	}
	return t.begin(f)
}

// overwrite leaves nothing of what was deleted in the write-ahead log, unless somebody
// reads in it just now: then the next one who closes the store does.
func (db *DB) overwrite(ctx context.Context) error {
	_, err := db.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	if busy(err) {
		err = nil
	}
	return err
}
