package db

import (
	"context"
	"database/sql"

	"bouncehound"
)

// ownBounces is the step of a forgetting that blanks the bounces of the address itself.
const ownBounces = "own"

// ownPage blanks bounces that have the key of the forgotten contact, and takes out what
// was quoted and kept of their messages. Those that come later are recorded blank.
func (f *forgetting) ownPage(ctx context.Context, after, bound int64) (to int64, err error) {
	if f.try {
		return 0, nil
	}
	type row struct {
		id int64
		bouncehound.Recipient
	}
	scan := func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.id, &r.Address, &r.Final)
		return r, err
	}
	err = f.db.tryWrite(ctx, func(t *transaction) error {
		rows, err := collect(stream(t.ctx, t.Tx, "bounces", scan, `SELECT id, recipient, final_recipient FROM bounces
			WHERE key = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?`, f.hash, after, bound, textsAtOnce))
		if err != nil || len(rows) == 0 {
			return err
		}
		ids, elsewhere := make([]int64, len(rows)), []int64{}
		for i, r := range rows {
			ids[i] = r.id
			if r.Elsewhere() { // without the addresses nobody could tell any more
				elsewhere = append(elsewhere, r.id)
			}
		}
		to = ids[len(ids)-1]
		return t.blankOwn(f.hash, ids, elsewhere)
	})
	return to, err
}

// blankOwn blanks bounces of a forgotten contact, and what is kept of their messages:
// all that was quoted where a message is about nobody else.
func (t *transaction) blankOwn(hash string, ids, elsewhere []int64) error {
	all, err := encode(ids)
	if err != nil {
		return err
	}
	some, err := encode(elsewhere)
	if err != nil {
		return err
	}
	const (
		named = `(SELECT message FROM bounces WHERE id IN (SELECT value FROM json_each(?1)))`
		alone = named + ` AND NOT EXISTS (SELECT 1 FROM bounces o WHERE o.message = `
	)
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`UPDATE messages SET original = '', notes = '', source = '' WHERE number IN ` + alone + `messages.number AND o.key IS NOT ?2)`, []any{string(all), hash}},
		{`DELETE FROM headers WHERE message IN ` + alone + `headers.message AND o.key IS NOT ?2)`, []any{string(all), hash}},
		{`DELETE FROM raw WHERE message IN ` + named, []any{string(all)}},
		{`UPDATE bounces SET elsewhere = 1 WHERE id IN (SELECT value FROM json_each(?))`, []any{string(some)}},
		{`UPDATE bounces SET recipient = '', final_recipient = '', diagnostic = '', remote_mta = '', matched = '', original_id = NULL, sent = NULL
			WHERE id IN (SELECT value FROM json_each(?))`, []any{string(all)}},
	} {
		if _, err := t.exec(s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}
