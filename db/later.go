package db

import "strings"

// rows are rows of a table that nothing reads before the transaction ends. They
// wait in memory and are then inserted many at a time, which costs half as much;
// and what a savepoint undoes is only forgotten.
type rows struct {
	insert   string // up to VALUES
	row      string // "(?, ?)"
	conflict string
	args     []any
	width    int // of a row
}

func newRows(table, columns, conflict string) rows {
	width := strings.Count(columns, ",") + 1
	return rows{
		insert:   `INSERT INTO ` + table + ` (` + columns + `) VALUES `,
		row:      `(?` + strings.Repeat(`, ?`, width-1) + `)`,
		conflict: conflict, width: width,
	}
}

// add adds one row.
func (r *rows) add(args ...any) { r.args = append(r.args, args...) }

// flush inserts the rows, by statements of few sizes, so that they are compiled
// once.
func (r *rows) flush(t *transaction) error {
	rest := r.args
	for _, n := range []int{50, 10, 1} {
		if len(rest) < n*r.width {
			continue
		}
		query := r.insert + r.row + strings.Repeat(`, `+r.row, n-1) + r.conflict
		for ; len(rest) >= n*r.width; rest = rest[n*r.width:] {
			if _, err := t.exec(query, rest[:n*r.width]...); err != nil {
				return err
			}
		}
	}
	r.args = r.args[:0]
	return nil
}

// The rows that wait in a transaction.
type waiting struct {
	raw, headers, copies, events, changes rows
}

func newWaiting() waiting {
	return waiting{
		raw:     newRows(`raw`, `message, bytes`, ` ON CONFLICT DO UPDATE SET bytes = excluded.bytes`),
		headers: newRows(`headers`, `name, value, message`, ` ON CONFLICT DO NOTHING`),
		// One that was tidied up and lies at the same place again has to be tidied up again.
		copies: newRows(`copies`, `folder, uidvalidity, uid, message, untidied`,
			` ON CONFLICT DO UPDATE SET message = excluded.message, untidied = excluded.untidied`),
		events:  newRows(`events`, `sequence, id, type, at, contact, data`, ``),
		changes: newRows(`changes`, `key, at, email, standing, previous, since, cause, by, note, sequence, bounce`, ``),
	}
}

func (w *waiting) all() []*rows {
	return []*rows{&w.raw, &w.headers, &w.copies, &w.events, &w.changes}
}

// flush inserts all that waits.
func (w *waiting) flush(t *transaction) error {
	for _, r := range w.all() {
		if err := r.flush(t); err != nil {
			return err
		}
	}
	return nil
}

// A mark is how much waits at one moment.
type mark [5]int

func (w *waiting) mark() (m mark) {
	for i, r := range w.all() {
		m[i] = len(r.args)
	}
	return m
}

// undo forgets what was added since the mark.
func (w *waiting) undo(m mark) {
	for i, r := range w.all() {
		r.args = r.args[:m[i]]
	}
}
