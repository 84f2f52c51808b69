package db

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"bouncehound"
)

// theFolder is the number of the folder with a mailbox's and a folder's name.
const theFolder = `(SELECT number FROM folders WHERE mailbox = ? AND folder = ?)`

// Recorded returns the UIDs above a UID under which copies in a folder are recorded,
// ascending.
func (db *DB) Recorded(ctx context.Context, mailbox, name string, validity, above uint32) ([]uint32, error) {
	scan := func(rows *sql.Rows) (uid uint32, err error) {
		err = rows.Scan(&uid)
		return uid, err
	}
	return collect(stream(ctx, db.readers, "recorded", scan,
		`SELECT uid FROM copies WHERE folder = `+theFolder+` AND uidvalidity = ? AND uid > ? ORDER BY uid`, mailbox, name, validity, above))
}

// Withheld returns the messages of a folder that were withheld when they were last
// asked for, in the order of their UIDs.
func (db *DB) Withheld(ctx context.Context, mailbox, name string, validity uint32) ([]bouncehound.Withheld, error) {
	scan := func(rows *sql.Rows) (bouncehound.Withheld, error) {
		w := bouncehound.Withheld{Place: bouncehound.Place{Mailbox: mailbox, Folder: name, UIDValidity: validity}}
		err := rows.Scan(&w.Place.UID, &w.Tries, (*stamp)(&w.TriedAt), &w.Error)
		return w, err
	}
	return collect(stream(ctx, db.readers, "withheld", scan,
		`SELECT uid, tries, tried_at, error FROM withheld WHERE folder = `+theFolder+` AND uidvalidity = ? ORDER BY uid`, mailbox, name, validity))
}

// AllWithheld returns the messages that are withheld in any folder, by mailbox, folder
// and UID, as they are read. Of the filter's, the kind says nothing here, and Since is
// when they were last asked for.
func (db *DB) AllWithheld(ctx context.Context, f MessageFilter) iter.Seq2[bouncehound.Withheld, error] {
	var w where
	w.add(true, currentlyWithheld)
	w.add(f.Mailbox != "", `f.mailbox = ?`, f.Mailbox)
	w.add(!f.Since.IsZero(), `w.tried_at >= ?`, stamp(f.Since))
	scan := func(rows *sql.Rows) (one bouncehound.Withheld, err error) {
		p := &one.Place
		err = rows.Scan(&p.Mailbox, &p.Folder, &p.UIDValidity, &p.UID, &one.Tries, (*stamp)(&one.TriedAt), &one.Error)
		return one, err
	}
	return stream(ctx, db.readers, "all withheld", scan, `SELECT f.mailbox, f.folder, w.uidvalidity, w.uid, w.tries, w.tried_at, w.error
		FROM withheld w JOIN folders f ON f.number = w.folder`+w.String()+` ORDER BY f.mailbox, f.folder, w.uid LIMIT ?`, append(w.args, limit(f.Limit))...)
}

// currentlyWithheld leaves out what was withheld under a UIDVALIDITY of which the
// folder knows no more. A folder that no cursor was kept of yet has none.
const currentlyWithheld = `f.uidvalidity IN (0, w.uidvalidity)`

// WithheldMessages returns how many messages are withheld in mailboxes; one without
// any is left out.
func (db *DB) WithheldMessages(ctx context.Context) (map[string]int64, error) {
	type row struct {
		mailbox string
		n       int64
	}
	scan := func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.mailbox, &r.n)
		return r, err
	}
	counts := map[string]int64{}
	for r, err := range stream(ctx, db.readers, "withheld messages", scan, `SELECT f.mailbox, count(*)
		FROM withheld w JOIN folders f ON f.number = w.folder WHERE `+currentlyWithheld+` GROUP BY f.mailbox`) {
		if err != nil {
			return nil, err
		}
		counts[r.mailbox] = r.n
	}
	return counts, nil
}

// Withhold remembers that a message was withheld once more, and why.
func (db *DB) Withhold(ctx context.Context, at bouncehound.Place, because string) error {
	return db.write(ctx, "withhold", func(t *transaction) error {
		numbers, err := t.folders(Batch{UpTo: at})
		if err != nil {
			return err
		}
		number := numbers[folder{at.Mailbox, at.Folder}]
		if _, err := t.exec(`DELETE FROM withheld WHERE folder = ? AND uidvalidity <> ?`, number, at.UIDValidity); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO withheld (folder, uidvalidity, uid, tries, tried_at, error) VALUES (?, ?, ?, 1, ?, ?)
			ON CONFLICT DO UPDATE SET tries = tries + 1, tried_at = excluded.tried_at, error = excluded.error`,
			number, at.UIDValidity, at.UID, stamp(t.now), because)
		return err
	})
}

// HandedOver says that messages that were withheld are recorded now, or gone.
func (db *DB) HandedOver(ctx context.Context, mailbox, name string, validity uint32, uids []uint32) error {
	return db.write(ctx, "handed over", func(t *transaction) error {
		for _, uid := range uids {
			if _, err := t.exec(`DELETE FROM withheld WHERE folder = `+theFolder+` AND uidvalidity = ? AND uid = ?`, mailbox, name, validity, uid); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadAnew forgets how far a folder was read and which messages its UIDs named: the
// server gives them to others now. What was recorded stays.
func (db *DB) ReadAnew(ctx context.Context, mailbox, name string) error {
	return db.write(ctx, "read anew", func(t *transaction) error {
		for _, table := range []string{"copies", "withheld", "moving"} {
			if _, err := t.exec(fmt.Sprintf(`DELETE FROM %s WHERE folder = %s`, table, theFolder), mailbox, name); err != nil {
				return err
			}
		}
		_, err := t.exec(`UPDATE folders SET uidvalidity = 0, uid = 0 WHERE mailbox = ? AND folder = ?`, mailbox, name)
		return err
	})
}
