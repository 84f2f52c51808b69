package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"bouncehound"
)

const batchColumns = `number, kind, source, at, by, note, added, present, refused, finished, undone`

func batchInto(l *bouncehound.List) []any {
	return []any{&l.Batch, &l.Kind, &l.Source, (*stamp)(&l.At), &l.By, &l.Note, &l.Added, &l.Present, &l.Refused, (*stamp)(&l.Finished), (*stamp)(&l.Undone)}
}

// Lists returns the imported lists, the latest first.
func (db *DB) Lists(ctx context.Context) iter.Seq2[bouncehound.List, error] {
	scan := func(rows *sql.Rows) (l bouncehound.List, err error) {
		err = rows.Scan(batchInto(&l)...)
		return l, err
	}
	return stream(ctx, db.readers, "lists", scan, `SELECT `+batchColumns+` FROM batches ORDER BY number DESC`)
}

// BeginList begins the import of a list, a batch, and returns it with its number. Its
// rows are added in as many transactions as the caller likes: an import that is broken
// off keeps what it has added, can be taken back like any other, and done again adds
// the rest.
func (db *DB) BeginList(ctx context.Context, l bouncehound.List) (bouncehound.List, error) {
	err := db.write(ctx, "begin list", func(t *transaction) (err error) {
		l.At = t.now
		l.Batch, err = t.insert(`INSERT INTO batches (kind, source, at, by, note) VALUES (?, ?, ?, ?, ?)`, l.Kind, l.Source, stamp(l.At), l.By, l.Note)
		return err
	})
	return l, err
}

// FinishList notes that all rows of a batch were added but those that the caller
// refused, and returns the batch.
func (db *DB) FinishList(ctx context.Context, batch int64, refused int) (l bouncehound.List, err error) {
	err = db.write(ctx, "finish list", func(t *transaction) error {
		if _, err := t.exec(`UPDATE batches SET finished = ?, refused = ? WHERE number = ?`, stamp(t.now), refused, batch); err != nil {
			return err
		}
		l, err = t.batch(batch)
		return err
	})
	return l, err
}

func (t *transaction) batch(number int64) (l bouncehound.List, err error) {
	ok, err := t.one(`SELECT `+batchColumns+` FROM batches WHERE number = ?`, []any{number}, batchInto(&l)...)
	if err == nil && !ok {
		err = ErrNotFound
	}
	return l, err
}

// errUndone is about a batch that was taken back while rows were still added to it.
var errUndone = errors.New("the batch was undone")

// openBatch refuses a batch to which no rows of a kind can be added.
func (t *transaction) openBatch(number int64, kind bouncehound.ListKind) error {
	l, err := t.batch(number)
	switch {
	case err != nil:
		return err
	case l.Kind != kind:
		return fmt.Errorf("batch %d is of kind %s", number, l.Kind)
	case !l.Undone.IsZero():
		return errUndone
	}
	return nil
}

func (t *transaction) countBatch(number int64, added, present int) error {
	_, err := t.exec(`UPDATE batches SET added = added + ?, present = present + ? WHERE number = ?`, added, present, number)
	return err
}
