package db

import (
	"context"
	"database/sql"
	"encoding/json"

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
	return db.check(ctx, addresses, ``)
}

// CheckFlagged is Check for those who only want to know who must not be written to:
// other contacts are as if they were not known.
func (db *DB) CheckFlagged(ctx context.Context, addresses []string) ([]Check, error) {
	return db.check(ctx, addresses, ` AND c.standing = 'do_not_email'`)
}

func (db *DB) check(ctx context.Context, addresses []string, condition string) ([]Check, error) {
	checks := make([]Check, len(addresses))
	keys := make([]string, len(addresses))
	for i, a := range addresses {
		keys[i] = bouncehound.Key(a)
	}
	list, err := encode(keys)
	if err != nil {
		return nil, err
	}
	scan := func(rows *sql.Rows) (n int, err error) {
		var c bouncehound.Contact
		if err = rows.Scan(&n, &c.Email, &c.Standing, (*stamp)(&c.Since), (*stamp)(&c.Until), &c.Cause, &c.By, &c.Note,
			&c.Reason, &c.Class, &c.Status, &c.Diagnostic, &c.Bounces, (*stamp)(&c.FirstBouncedAt), (*stamp)(&c.LastBouncedAt)); err == nil {
			checks[n] = Check{Known: true, Contact: c}
		}
		return n, err
	}
	for _, err := range stream(ctx, db.readers, "check", scan, `SELECT j.key, c.email, c.standing, c.since, c.until, c.cause, c.by, c.note,
		c.reason, c.class, c.status, c.diagnostic, c.bounces, c.first_bounced_at, c.last_bounced_at
		FROM json_each(?) j JOIN contacts c ON c.key = j.value`+condition, string(list)) {
		if err != nil {
			return nil, err
		}
	}
	if err := db.checkEntries(ctx, keys, checks); err != nil {
		return nil, err
	}
	for i := range checks {
		c := &checks[i]
		c.Mail = c.Contact.Standing != bouncehound.DoNotEmail && (c.Entry == nil || c.Entry.Kind != bouncehound.EntryDomain)
	}
	return checks, nil
}

// checkEntries finds the entries that hold for addresses.
func (db *DB) checkEntries(ctx context.Context, keys []string, checks []Check) error {
	var any bool
	if err := db.readers.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM entries WHERE ended IS NULL)`).Scan(&any); err != nil || !any {
		return explain(err)
	}
	values := map[string][]int{} // keys and domains, and whose they are
	for i, key := range keys {
		values[key] = append(values[key], i)
		if domain := bouncehound.Domain(key); domain != "" && domain != key {
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
			if checks[i].Entry == nil || e.Kind == bouncehound.EntryDomain {
				checks[i].Entry = &e
			}
		}
	}
	return nil
}
