package db

import "database/sql"

// An agedSent is a row of a sent log that may go.
type agedSent struct {
	aged
	marked bool // it was kept before
}

// sent takes out rows of sent logs. One that a bounce is about stays, and tells no other
// bounce anything unless that names the same message and recipient: which other rows
// would fit it better is no longer known.
func (p *pruning) sent(t *transaction) (more bool, err error) {
	if err := p.begin(t); err != nil {
		return false, err
	}
	scan := func(rows *sql.Rows) (a agedSent, err error) {
		err = rows.Scan(&a.number, &a.old, &a.keep, &a.marked)
		return a, err
	}
	rows, err := collect(stream(t.ctx, t.Tx, "sent", scan, selectSent, stamp(p.before), p.at, retainAtOnce))
	if err != nil {
		return false, err
	}
	for _, a := range rows {
		if !a.old {
			return false, p.remember(t)
		}
		p.at = a.number
		switch {
		case !a.keep:
			_, err = t.exec(`DELETE FROM sent WHERE number = ?`, a.number)
			p.done.Sent++
		case !a.marked:
			_, err = t.exec(`UPDATE sent SET kept = 1 WHERE number = ?`, a.number)
		}
		if err != nil {
			return false, err
		}
	}
	return len(rows) == retainAtOnce, p.remember(t)
}

// selectSent goes by the numbers of the rows, which grow as they are imported.
const selectSent = `SELECT s.number, l.at < ?, EXISTS (SELECT 1 FROM bounces b WHERE b.sent = s.number), s.kept
	FROM sent s CROSS JOIN batches l ON l.number = s.batch WHERE s.number > ? ORDER BY s.number LIMIT ?`
