package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// A textTable is a table with text from outside, which may name anybody.
type textTable struct {
	name    string
	id      string // a column with numbers by which a page is found quickly
	columns []string
	json    string // those of them that hold JSON, each with a space behind
	own     string // says of a row t that it is of the contact itself, given its key and what that becomes: it is blanked and not counted
}

// texts are all of them, in the order in which they are looked through.
var texts = []textTable{
	{"messages", "number", []string{"original", "notes", "source", "message_id", "reporting_mta"}, "original notes ", ownMessage("t.number")},
	{"headers", "message", []string{"value"}, "", ownMessage("t.message")},
	{"bounces", "id", []string{"recipient", "final_recipient", "diagnostic", "remote_mta", "matched", "original_id"}, "", ownKey},
	{"contacts", "number", []string{"diagnostic", "note", "by"}, "", ownKey},
	{"changes", "number", []string{"note", "by"}, "", ownKey},
	{"entries", "number", []string{"value", "note", "by", "ended_note", "ended_by"}, "", ownKey},
	{"batches", "number", []string{"source", "note", "by"}, "", `0`},
	{"listed", "contact", []string{"before"}, "before ", `EXISTS (SELECT 1 FROM contacts c WHERE c.number = t.contact AND c.key IN (?1, ?2))`},
	{"sent", "number", []string{"message_id", "contact_id"}, "", ownKey},
	{"dead_letters", "sequence", []string{"error"}, "", `0`},
	{"withheld", "uid", []string{"error"}, "", `0`},
	{"cursors", "rowid", []string{"last_error"}, "", `0`},
}

const ownKey = `coalesce(t.key IN (?1, ?2), 0)` // NULL: a bounce whose address could not be read

func ownMessage(number string) string {
	return `EXISTS (SELECT 1 FROM bounces b WHERE b.message = ` + number + ` AND b.key IN (?1, ?2))`
}

// upTo returns the number up to which the next rows of a table go, none of them beyond a
// bound; 0 if there are none.
func upTo(ctx context.Context, q querier, table, id string, after, bound int64, rows int) (int64, error) {
	last, err := collect(stream(ctx, q, "page", scanNumber,
		fmt.Sprintf(`SELECT coalesce(max(id), 0) FROM (SELECT %s AS id FROM %s WHERE %[1]s > ? AND %[1]s <= ? ORDER BY %[1]s LIMIT ?)`, id, table), after, bound, rows))
	if err != nil {
		return 0, err
	}
	return last[0], nil
}

// textPage is how many rows of a table are looked through at once, and textsAtOnce in
// how many of them one transaction blanks something.
const (
	textPage    = 5000
	textsAtOnce = 500
)

// page blanks the address in the rows of a table that come after a number, and returns
// the last number it has looked at; 0 at the end.
func (table textTable) page(ctx context.Context, f *forgetting, after, bound int64) (int64, error) {
	to, err := upTo(ctx, f.db.readers, table.name, table.id, after, bound, textPage)
	if err != nil || to == 0 {
		return 0, err
	}
	naming := make([]string, len(table.columns))
	for i, c := range table.columns {
		naming[i] = f.mayName(`"` + c + `"`)
	}
	numbers, err := collect(stream(ctx, f.db.readers, "texts", scanNumber,
		fmt.Sprintf(`SELECT DISTINCT %s FROM %s WHERE %[1]s > ? AND %[1]s <= ? AND (%[3]s)`, table.id, table.name, strings.Join(naming, ` OR `)), after, to))
	if err != nil {
		return 0, err
	}
	for len(numbers) > 0 {
		n := min(len(numbers), textsAtOnce)
		if err := table.blank(ctx, f, numbers[:n]); err != nil {
			return 0, err
		}
		numbers = numbers[n:]
	}
	return to, nil
}

// blank blanks the address in the rows of a table that have certain numbers. They are
// read again in the transaction that does: since they were found somebody may have
// written them.
func (table textTable) blank(ctx context.Context, f *forgetting, numbers []int64) error {
	list, err := encode(numbers)
	if err != nil {
		return err
	}
	type row struct {
		id    int64
		own   bool
		texts []sql.NullString
	}
	scan := func(rows *sql.Rows) (r row, err error) {
		r.texts = make([]sql.NullString, len(table.columns))
		into := []any{&r.id, &r.own}
		for i := range r.texts {
			into = append(into, &r.texts[i])
		}
		return r, rows.Scan(into...)
	}
	query := fmt.Sprintf(`SELECT t.%s, %s, t."%s" FROM %s t WHERE t.%[1]s IN (SELECT value FROM json_each(?3))`,
		table.id, table.own, strings.Join(table.columns, `", t."`), table.name)
	each := func(ctx context.Context, q querier, change func(column string, r row, was, is string) error) error {
		rows, err := collect(stream(ctx, q, "texts", scan, query, f.key, f.hash, string(list)))
		if err != nil {
			return err
		}
		for _, r := range rows {
			for i, c := range table.columns {
				was := r.texts[i].String
				is := f.without(was, strings.Contains(table.json, c+" "))
				if is == was {
					continue
				}
				if !r.own {
					f.done.Texts++
				}
				if err := change(c, r, was, is); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if f.try {
		return each(ctx, f.db.readers, func(string, row, string, string) error { return nil })
	}
	counted := f.done.Texts
	err = f.db.tryWrite(ctx, func(t *transaction) error {
		return each(t.ctx, t.Tx, func(column string, r row, was, is string) error {
			change, args := fmt.Sprintf(`UPDATE %s SET "%s" = ? WHERE %s = ? AND "%[2]s" = ?`, table.name, column, table.id), []any{is, r.id, was}
			if table.name == "headers" { // they are there to be found by, whole
				change, args = `DELETE FROM headers WHERE message = ? AND value = ?`, args[1:]
			}
			_, err := t.exec(change, args...)
			return err
		})
	})
	if err != nil {
		f.done.Texts = counted
	}
	return err
}
