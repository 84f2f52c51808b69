package db

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"bouncehound"
)

// leanLine is a contact as one text: what has no separator in it and the texts of
// strangers, led by how long those are. The driver makes a value of its own of each
// column, which costs more than all the reading.
const leanLine = `concat_ws(char(31), octet_length(c.email), octet_length(c.by), octet_length(c.note), octet_length(c.status),
	c.standing, ifnull(c.since, ''), ifnull(c.until, ''), c.cause, c.reason, c.class, c.bounces, ifnull(c.first_bounced_at, ''), ifnull(c.last_bounced_at, ''),
	c.email, c.by, c.note, c.status, c.diagnostic)`

var errLean = errors.New("a contact was not read as it was written")

// contactOf reads a leanLine.
func contactOf(line string) (c bouncehound.Contact, err error) {
	next := func() (field string) {
		i := strings.IndexByte(line, 31)
		if i < 0 {
			err = errLean
			return ""
		}
		field, line = line[:i], line[i+1:]
		return field
	}
	number := func() int {
		n, wrong := strconv.Atoi(next())
		if wrong != nil || n < 0 {
			err = errLean
			return 0
		}
		return n
	}
	at := func(into *stamp) {
		if s := next(); s != "" && err == nil {
			*into, err = parseStamp(s)
		}
	}
	var sizes [4]int
	for i := range sizes {
		sizes[i] = number()
	}
	c.Standing = bouncehound.Standing(next())
	at((*stamp)(&c.Since))
	at((*stamp)(&c.Until))
	c.Cause, c.Reason, c.Class = bouncehound.Cause(next()), bouncehound.Reason(next()), bouncehound.Class(next())
	c.Bounces = number()
	at((*stamp)(&c.FirstBouncedAt))
	at((*stamp)(&c.LastBouncedAt))
	for i, text := range [...]*string{&c.Email, &c.By, &c.Note, &c.Status} {
		if sizes[i] >= len(line) || line[sizes[i]] != 31 {
			return bouncehound.Contact{}, errLean
		}
		*text, line = line[:sizes[i]], line[sizes[i]+1:]
	}
	c.Diagnostic = line
	return c, err
}

// leanScan returns a function that scans one leanLine after another, and with
// forgotten also the key and what is sealed, without the conversions of database/sql.
func (db *DB) leanScan(forgotten bool) func(*sql.Rows) (bouncehound.Contact, error) {
	var line, key, sealed any
	into := []any{&line}
	if forgotten {
		into = append(into, &key, &sealed)
	}
	return func(rows *sql.Rows) (c bouncehound.Contact, err error) {
		if err := rows.Scan(into...); err != nil {
			return c, err
		}
		text, _ := line.(string)
		if c, err = contactOf(text); err != nil {
			return c, err
		}
		if sealed, ok := sealed.([]byte); ok {
			name, _ := key.(string)
			c.Email, err = db.unsealed(name, sealed)
		}
		return c, err
	}
}
