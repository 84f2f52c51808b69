package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"bouncehound"
)

// A Check is what the store says of one address: whether it may be written to, and
// why not.
type Check struct {
	Mail    bool
	Known   bool                // it is a contact
	Contact bouncehound.Contact // zero if not known
	Entry   *bouncehound.Entry  // the entry that holds for it, of both kinds the domain; nil: none
}

// Check says of each address, in any spelling, whether it may be written to. It looks
// up many at once much faster than one by one.
func (db *DB) Check(ctx context.Context, addresses []string) ([]Check, error) {
	known, err := db.check(ctx, addresses, ``)
	if err != nil {
		return nil, err
	}
	checks := make([]Check, len(addresses))
	for i := range checks {
		if c, ok := known[i]; ok {
			checks[i] = *c
		} else {
			checks[i].Mail = true
		}
	}
	return checks, nil
}

// CheckFlagged returns, by index, those of the addresses that must not be written to,
// and why.
func (db *DB) CheckFlagged(ctx context.Context, addresses []string) (map[int]*Check, error) {
	flagged, err := db.check(ctx, addresses, onlyFlagged)
	for i, c := range flagged {
		if c.Mail {
			delete(flagged, i)
		}
	}
	return flagged, err
}

// check returns, by index, what is known of addresses: contacts that meet a condition,
// and entries.
func (db *DB) check(ctx context.Context, addresses []string, condition string) (map[int]*Check, error) {
	keys, err := db.keysOf(ctx, addresses...)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	list, err := encode(keys)
	if err != nil {
		return nil, err
	}
	checks := map[int]*Check{}
	// Without the conversions of database/sql; and the driver looks at a context that can end before and after each row.
	var number, line any
	into := []any{&number, &line}
	scan := func(rows *sql.Rows) (none struct{}, err error) {
		if err := rows.Scan(into...); err != nil {
			return none, err
		}
		n, _ := number.(int64)
		text, _ := line.(string)
		c := &Check{Known: true}
		checks[int(n)] = c
		c.Contact, err = contactOf(text)
		return none, err
	}
	for _, err := range stream(context.WithoutCancel(ctx), db.readers, "check", scan, selectChecks+condition, string(list)) {
		if err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	if err := db.checkEntries(ctx, addresses, keys, checks); err != nil {
		return nil, err
	}
	for _, c := range checks {
		c.Mail = c.Contact.Standing != bouncehound.DoNotEmail && (c.Entry == nil || c.Entry.Kind != bouncehound.EntryDomain)
	}
	return checks, nil
}

// selectChecks looks up each key. SQLite would rather look for each contact of a standing
// in the list: CROSS JOIN says which way round.
const selectChecks = `SELECT j.key, ` + leanLine + ` FROM json_each(?) j CROSS JOIN contacts c WHERE c.key = j.value`

const onlyFlagged = ` AND c.standing = 'do_not_email'`

// checkEntries finds the entries that hold for addresses.
func (db *DB) checkEntries(ctx context.Context, addresses, keys []string, checks map[int]*Check) error {
	var any bool
	if err := db.readers.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM entries WHERE ended IS NULL)`).Scan(&any); err != nil || !any {
		return explain(err)
	}
	values := map[string][]int{} // keys and domains, and whose they are
	for i, key := range keys {
		values[key] = append(values[key], i)
		if domain := bouncehound.Domain(addresses[i]); domain != "" && domain != key {
			values[domain] = append(values[domain], i)
		}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	list, err := json.Marshal(names)
	if err != nil {
		return err
	}
	var key string
	scan := func(rows *sql.Rows) (e bouncehound.Entry, err error) {
		err = rows.Scan(&key, &e.Kind, &e.Value, (*stamp)(&e.Since), &e.By, &e.Note)
		return e, err
	}
	for e, err := range stream(ctx, db.readers, "check", scan, `SELECT key, `+entryColumns+` FROM entries
		WHERE key IN (SELECT value FROM json_each(?)) AND ended IS NULL`, string(list)) {
		if err != nil {
			return err
		}
		for _, i := range values[key] {
			if checks[i] == nil {
				checks[i] = &Check{}
			}
			if checks[i].Entry == nil || e.Kind == bouncehound.EntryDomain {
				checks[i].Entry = &e
			}
		}
	}
	return nil
}
