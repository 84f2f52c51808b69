package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"bouncehound"
)

// A transaction is one write transaction. It is short-lived, and so are the
// statements on it, which is why it may hold its context.
type transaction struct {
	*sql.Tx
	conn     *sql.Conn       // that it is on
	ctx      context.Context // not cancelled: the driver starts a goroutine for each statement that can be
	now      time.Time
	sequence int64 // of the last event; 0: not yet looked up
	waiting  *waiting
	told     toldBounce // the last
	// The facts of contacts, by key, as far as they were read. Only Record keeps them:
	// it adds each new bounce, and would read those of a mail loop again for each.
	histories map[string][]bouncehound.Fact
	unwritten map[string][]bouncehound.Fact // of bounces whose rows wait, where histories has not the contact's
	// Keys that have neither a contact nor bounces nor an entry that allows them, as
	// far as that was looked up, which only Record does too.
	strangers map[string]bool
	// Whether a sent log was ever imported, once it was looked up.
	sentKnown, sentAny bool
	// Whether an address was ever forgotten, once it was looked up, and the domains of those
	// that were and that this is about, by key.
	db                           *DB
	forgottenKnown, forgottenAny bool
	domains                      map[string]string
}

// write runs f in a write transaction and commits if it returns nil.
func (db *DB) write(ctx context.Context, operation string, f func(t *transaction) error) error {
	err := db.tryWrite(ctx, f)
	if err != nil {
		if ctx.Err() != nil { // what else the driver says of a cancelled transaction varies
			err = ctx.Err()
		}
		return fmt.Errorf("%s: %w", operation, explain(err))
	}
	return nil
}

// errNotApplied undoes what was only tried out.
var errNotApplied = errors.New("only tried out")

// writeUnless is write, and with try undoes all of it at the end.
func (db *DB) writeUnless(ctx context.Context, try bool, operation string, f func(t *transaction) error) error {
	err := db.write(ctx, operation, func(t *transaction) error {
		if err := f(t); err != nil || !try {
			return err
		}
		return errNotApplied
	})
	if errors.Is(err, errNotApplied) {
		return nil
	}
	return err
}

func (db *DB) tryWrite(ctx context.Context, f func(t *transaction) error) (err error) {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// A cancelled ctx rolls back as soon as the running statement is done.
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err2 := tx.Rollback(); err2 != nil && !errors.Is(err2, sql.ErrTxDone) {
			err = errors.Join(err, err2)
		}
	}()
	t := &transaction{db: db, Tx: tx, conn: conn, ctx: context.WithoutCancel(ctx), now: db.now(), waiting: &db.waiting}
	defer t.waiting.forget()
	if err := f(t); err != nil {
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	return tx.Commit()
}

// exec runs a statement that returns nothing and says how many rows it touched.
func (t *transaction) exec(query string, args ...any) (int64, error) {
	res, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insert runs an INSERT and returns the number of the new row, 0 if there is none.
func (t *transaction) insert(query string, args ...any) (int64, error) {
	res, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return 0, err
	}
	return res.LastInsertId()
}

// one scans the first row of a query and says whether there was one.
func (t *transaction) one(query string, args []any, into ...any) (bool, error) {
	return found(t.QueryRowContext(t.ctx, query, args...).Scan(into...))
}

func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// A querier is a pool of connections or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// stream returns the rows of a query as they are read. An error ends it.
func stream[T any](ctx context.Context, q querier, operation string, scan func(*sql.Rows) (T, error), query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := q.QueryContext(ctx, query, args...)
		if err != nil {
			yield(none, fmt.Errorf("%s: %w", operation, explain(err)))
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				yield(none, fmt.Errorf("%s: %w", operation, err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, fmt.Errorf("%s: %w", operation, explain(err)))
		}
	}
}

// collect reads a stream to its end.
func collect[T any](rows iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for v, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// A where is the conditions of a query with their arguments.
type where struct {
	conditions []string
	args       []any
}

// add adds a condition unless unset, which is the filter's zero value.
func (w *where) add(set bool, condition string, args ...any) {
	if set {
		w.conditions = append(w.conditions, condition)
		w.args = append(w.args, args...)
	}
}

func (w *where) String() string {
	s := ""
	for i, c := range w.conditions {
		if i == 0 {
			s = " WHERE " + c
		} else {
			s += " AND " + c
		}
	}
	return s
}

// limit returns LIMIT as SQL wants it: -1 for none.
func limit(n int) int {
	if n <= 0 {
		return -1
	}
	return n
}
