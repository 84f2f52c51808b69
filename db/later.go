package db

import (
	"database/sql/driver"
	"reflect"
	"strings"
)

// A table is where rows are inserted many at a time.
type table struct {
	width   int // columns
	inserts [len(atOnce)]string
}

// atOnce are the numbers of rows that one statement inserts: few, so that each is
// compiled once.
var atOnce = [...]int{100, 20, 5, 1}

func newTable(name, columns, conflict string) table {
	t := table{width: strings.Count(columns, ",") + 1}
	row := `(?` + strings.Repeat(`, ?`, t.width-1) + `)`
	for i, n := range atOnce {
		t.inserts[i] = `INSERT INTO ` + name + ` (` + columns + `) VALUES ` + row + strings.Repeat(`, `+row, n-1) + conflict
	}
	return t
}

// The tables whose rows wait, each after those that it refers to.
const (
	messageRows = iota
	bounceRows
	contactRows
	rawRows
	headerRows
	copyRows
	eventRows
	changeRows
	tables
)

var waitingTables = [tables]table{
	messageRows: newTable(`messages`, `number, id, kind, mailbox, folder, uid, size, recorded_at, source, arrived_at, format,
		message_id, reporting_mta, recipients, notes, original`, ``),
	bounceRows: newTable(`bounces`, `id, message, repeat, arrived_at, key, action, recipient, final_recipient, status, reply, diagnostic, remote_mta,
		class, reason, fault, ses_type, ses_subtype, rule, matched, confidence, retry, original_id, sent, elsewhere`, ``),
	contactRows: newTable(`contacts`, `standing, since, until, cause, by, note, released,
		reason, class, status, diagnostic, bounces, first_bounced_at, last_bounced_at, key, email, domain`, ``),
	rawRows:    newTable(`raw`, `message, bytes`, ` ON CONFLICT DO UPDATE SET bytes = excluded.bytes`),
	headerRows: newTable(`headers`, `name, value, message`, ` ON CONFLICT DO NOTHING`),
	// One that was tidied up and lies at the same place again has to be tidied up again.
	copyRows: newTable(`copies`, `folder, uidvalidity, uid, message, untidied`,
		` ON CONFLICT DO UPDATE SET message = excluded.message, untidied = excluded.untidied`),
	eventRows:  newTable(`events`, `sequence, id, type, at, contact, data`, ``),
	changeRows: newTable(`changes`, `key, at, email, standing, previous, since, cause, by, note, sequence, bounce`, ``),
}

// keptValues is for how many values of a table room is kept from one transaction to the
// next.
const keptValues = 8000

// waiting are rows that nothing reads before they are flushed. They wait in memory and
// are then inserted many at a time, which costs a fraction of inserting each.
type waiting struct {
	rows [tables][]driver.NamedValue
	err  error // the first about a value that cannot be stored
}

// add adds one row.
func (w *waiting) add(table int, row ...any) {
	for _, v := range row {
		value, err := bound(v)
		if err != nil && w.err == nil {
			w.err = err
		}
		w.rows[table] = append(w.rows[table], driver.NamedValue{Value: value})
	}
}

// bound returns a value as the driver wants it. database/sql would do it too, at five
// times the cost.
func bound(v any) (driver.Value, error) {
	switch v := v.(type) {
	case nil, string, int64, []byte, bool:
		return v, nil
	case int:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case stamp:
		return v.Value()
	}
	if text := reflect.ValueOf(v); text.Kind() == reflect.String {
		return text.String(), nil
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}

// flush inserts all that waits.
func (t *transaction) flush() error {
	if t.waiting.err != nil {
		return t.waiting.err
	}
	for i := range waitingTables {
		rest := t.waiting.rows[i]
		for size, n := range atOnce {
			n *= waitingTables[i].width
			for ; len(rest) >= n; rest = rest[n:] {
				if err := t.run(waitingTables[i].inserts[size], rest[:n]); err != nil {
					return err
				}
			}
		}
	}
	t.waiting.forget()
	clear(t.unwritten)
	return nil
}

// forget drops all that waits.
func (w *waiting) forget() {
	for i, values := range w.rows {
		clear(values) // they hold whole messages
		if w.rows[i] = values[:0]; cap(values) > keptValues {
			w.rows[i] = nil
		}
	}
	w.err = nil
}
