package db

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"strings"

	"bouncehound"
)

// Forgotten is what Forget blanked, or with try would.
type Forgotten struct {
	Known    bool                 // it was a contact, or is one that was forgotten before
	Standing bouncehound.Standing // where it stands, and goes on to stand
	Bounces  int                  // of the address
	Texts    int                  // other places that named it: originals, diagnostics, notes, lists
	Raw      int                  // messages whose bytes were taken out
	Events   int                  // events that were blanked
	Waiting  int                  // events that some cursor has not passed; they are blanked once all have
}

// Forget takes an address out of the store. What stays is its contact under a keyed
// hash, with its standing and the dates, classes and reasons of its bounces: an address
// that must not be mailed stays so, and whoever asks for it by the address finds it.
// The key lies beside the store (STORE.key, mode 0600) and not in it. Events that some
// cursor has not passed keep the address until all have; Sweep and Retain blank them
// then. With try nothing is changed.
func (db *DB) Forget(ctx context.Context, address string, try bool) (Forgotten, error) {
	done, err := db.forget(ctx, address, try)
	if err != nil {
		return done, fmt.Errorf("forget: %w", explain(err))
	}
	return done, nil
}

func (db *DB) forget(ctx context.Context, address string, try bool) (done Forgotten, err error) {
	key := bouncehound.Key(address)
	if key == "" {
		return done, errNoAddress
	}
	secret := make([]byte, secretSize) // of a trial nothing stays
	if !try {
		if secret, err = db.makeForgetKey(ctx); err != nil {
			return done, err
		}
	}
	var of []string
	err = db.writeUnless(ctx, try, "contact", func(t *transaction) error {
		of, err = t.forgetContact(secret, key, address, &done)
		if err != nil {
			return err
		}
		return t.forgetTexts(of, &done)
	})
	if err != nil {
		return done, err
	}
	if err := db.forgetRaw(ctx, of, try, &done); err != nil {
		return done, err
	}
	done.Events, done.Waiting, err = db.forgetEvents(ctx, try, of, forgottenKey(secret, key))
	if err != nil || try {
		return done, err
	}
	return done, db.overwrite(ctx)
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

// forgetContact gives all that is about an address the key of a forgotten contact, and
// returns the spellings of the address.
func (t *transaction) forgetContact(secret []byte, key, address string, done *Forgotten) (of []string, err error) {
	hash := forgottenKey(secret, key)
	written := []string{key, address}
	for _, q := range []string{`SELECT DISTINCT recipient FROM bounces WHERE key = ?`, `SELECT DISTINCT email FROM changes WHERE key = ?`, `SELECT email FROM contacts WHERE key = ?`} {
		more, err := collect(stream(t.ctx, t.Tx, "spellings", scanText, q, key))
		if err != nil {
			return nil, err
		}
		written = append(written, more...)
	}
	of = spellings(written...)
	if done.Known, err = t.one(`SELECT standing FROM contacts WHERE key IN (?, ?)`, []any{key, hash}, &done.Standing); err != nil {
		return nil, err
	}
	if _, err := t.one(`SELECT count(*) FROM bounces WHERE key = ?`, []any{key}, &done.Bounces); err != nil {
		return nil, err
	}
	plain := sha256.Sum256([]byte(key))
	if !done.Known {
		done.Standing = bouncehound.OK
		c := newContact(key, "?")
		if err := t.save(&c); err != nil {
			return nil, err
		}
	}
	elsewhere, err := t.elsewhere(key)
	if err != nil {
		return nil, err
	}
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`UPDATE contacts SET key = ?, email = '', domain = '', note = '', diagnostic = '', sealed = ? WHERE key = ?`, []any{hash, seal(secret, hash, plain[:]), key}},
		{`UPDATE messages SET original = '', notes = '', source = '' WHERE number IN (SELECT message FROM bounces WHERE key = ?1)
			AND number NOT IN (SELECT message FROM bounces WHERE key IS NOT ?1 AND message IN (SELECT message FROM bounces WHERE key = ?1))`, []any{key}},
		{`DELETE FROM headers WHERE message IN (SELECT message FROM bounces WHERE key = ?)`, []any{key}},
		{`DELETE FROM raw WHERE message IN (SELECT message FROM bounces WHERE key = ?)`, []any{key}},
		{`UPDATE bounces SET elsewhere = 1 WHERE id IN (SELECT value FROM json_each(?))`, []any{elsewhere}},
		{`UPDATE bounces SET sent = NULL WHERE sent IN (SELECT number FROM sent WHERE key = ?)`, []any{key}},
		{`DELETE FROM sent WHERE key = ? AND key <> ''`, []any{key}},
		{`UPDATE bounces SET key = ?, recipient = '', final_recipient = '', diagnostic = '', remote_mta = '', matched = '', original_id = NULL, sent = NULL WHERE key = ?`, []any{hash, key}},
		{`UPDATE changes SET key = ?, email = '', note = '' WHERE key = ?`, []any{hash, key}},
		{`UPDATE entries SET key = ?, value = ?, note = '', ended_note = '' WHERE key = ?`, []any{hash, forgottenText, key}},
		{`UPDATE listed SET before = json_remove(before, '$.diagnostic', '$.note') WHERE before <> '' AND contact = (SELECT number FROM contacts WHERE key = ?)`, []any{hash}},
	} {
		n, err := t.exec(s.query, s.args...)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(s.query, `DELETE FROM raw`) {
			done.Raw += int(n)
		}
	}
	for _, s := range of {
		if _, err := t.exec(`INSERT INTO forgetting (spelling, key) VALUES (?, ?) ON CONFLICT DO NOTHING`, s, hash); err != nil {
			return nil, err
		}
	}
	return of, nil
}

// elsewhere returns, as a JSON array, the bounces of an address that came for somebody
// else's mailbox: without the addresses nobody could tell any more.
func (t *transaction) elsewhere(key string) (string, error) {
	ids := []int64{}
	type row struct {
		id int64
		bouncehound.Recipient
	}
	for r, err := range stream(t.ctx, t.Tx, "bounces", func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.id, &r.Address, &r.Final)
		return r, err
	}, `SELECT id, recipient, final_recipient FROM bounces WHERE key = ? AND final_recipient <> ''`, key) {
		if err != nil {
			return "", err
		}
		if r.Elsewhere() {
			ids = append(ids, r.id)
		}
	}
	list, err := encode(ids)
	return string(list), err
}

// texts are the columns with text from outside, which may name anybody.
var texts = []struct{ table, id, column string }{
	{"messages", "number", "original"}, {"messages", "number", "notes"}, {"messages", "number", "source"}, {"messages", "number", "message_id"},
	{"bounces", "id", "recipient"}, {"bounces", "id", "final_recipient"}, {"bounces", "id", "diagnostic"}, {"bounces", "id", "remote_mta"},
	{"bounces", "id", "matched"}, {"bounces", "id", "original_id"},
	{"contacts", "number", "diagnostic"}, {"contacts", "number", "note"}, {"changes", "number", "note"},
	{"entries", "number", "value"}, {"entries", "number", "note"}, {"batches", "number", "source"}, {"batches", "number", "note"},
	{"cursors", "rowid", "last_error"},
}

// naming is the condition that a column may name an address, given its spellings.
func naming(column string, of []string) (string, []any) {
	condition, args := ``, make([]any, len(of))
	for i, s := range of {
		condition += ` OR instr(lower(` + column + `), ?) > 0`
		args[i] = s
	}
	return `(` + condition[4:] + `)`, args
}

// forgetTexts blanks addresses wherever else they stand.
func (t *transaction) forgetTexts(of []string, done *Forgotten) error {
	type row struct {
		id   int64
		text string
	}
	for _, c := range texts {
		condition, args := naming(c.column, of)
		rows, err := collect(stream(t.ctx, t.Tx, "texts", func(rows *sql.Rows) (r row, err error) {
			err = rows.Scan(&r.id, &r.text)
			return r, err
		}, `SELECT `+c.id+`, `+c.column+` FROM `+c.table+` WHERE `+condition, args...))
		if err != nil {
			return err
		}
		for _, r := range rows {
			clean := without(r.text, of)
			if clean == r.text {
				continue
			}
			if _, err := t.exec(`UPDATE `+c.table+` SET `+c.column+` = ? WHERE `+c.id+` = ?`, clean, r.id); err != nil {
				return err
			}
			done.Texts++
		}
	}
	for _, c := range []struct{ update, column string }{
		{`DELETE FROM headers`, `value`}, {`UPDATE dead_letters SET error = '` + forgottenText + `'`, `error`},
		{`UPDATE withheld SET error = '` + forgottenText + `'`, `error`}, {`UPDATE listed SET before = json_remove(before, '$.diagnostic', '$.note')`, `before`},
	} {
		condition, args := naming(c.column, of)
		n, err := t.exec(c.update+` WHERE `+condition, args...)
		if err != nil {
			return err
		}
		done.Texts += int(n)
	}
	return nil
}

// forgetRaw takes out the bytes of all other messages that name an address.
func (db *DB) forgetRaw(ctx context.Context, of []string, try bool, done *Forgotten) error {
	type row struct {
		number int64
		bytes  []byte
	}
	var naming []int64
	for r, err := range stream(ctx, db.readers, "raw", func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.number, &r.bytes)
		return r, err
	}, `SELECT message, bytes FROM raw`) {
		if err != nil {
			return err
		}
		text, err := io.ReadAll(flate.NewReader(bytes.NewReader(r.bytes)))
		if err != nil {
			return err
		}
		if s := string(text); without(s, of) != s {
			naming = append(naming, r.number)
		}
	}
	if try { // which finds those of the address too
		done.Raw = max(done.Raw, len(naming))
	} else {
		done.Raw += len(naming)
	}
	if try || len(naming) == 0 {
		return nil
	}
	list, err := encode(naming)
	if err != nil {
		return err
	}
	return db.tryWrite(ctx, func(t *transaction) error {
		_, err := t.exec(`DELETE FROM raw WHERE message IN (SELECT value FROM json_each(?))`, string(list))
		return err
	})
}
