package db

import (
	"context"
	"database/sql"
	"fmt"

	"bouncehound"
)

// FolderCursor returns up to where a folder has been read. UIDValidity and UID are
// zero if it never was.
func (db *DB) FolderCursor(ctx context.Context, mailbox, name string) (bouncehound.Place, error) {
	p := bouncehound.Place{Mailbox: mailbox, Folder: name}
	_, err := found(db.readers.QueryRowContext(ctx, `SELECT uidvalidity, uid FROM folders WHERE mailbox = ? AND folder = ?`, mailbox, name).
		Scan(&p.UIDValidity, &p.UID))
	if err != nil {
		return bouncehound.Place{}, fmt.Errorf("folder cursor: %w", explain(err))
	}
	return p, nil
}

// Untidied returns the copies in a folder that have still to be tidied up, in the
// order of their UIDs.
func (db *DB) Untidied(ctx context.Context, mailbox, name string, validity uint32) ([]bouncehound.Copy, error) {
	scan := func(rows *sql.Rows) (bouncehound.Copy, error) {
		c := bouncehound.Copy{Place: bouncehound.Place{Mailbox: mailbox, Folder: name, UIDValidity: validity}}
		err := rows.Scan(&c.Place.UID, &c.Kind, &c.Message, &c.MessageID, (*stamp)(&c.Moving))
		return c, err
	}
	return collect(stream(ctx, db.readers, "untidied", scan, `SELECT c.uid, m.kind, m.id, coalesce(m.message_id, ''), t.at
		FROM copies c JOIN messages m ON m.number = c.message
		LEFT JOIN moving t ON t.folder = c.folder AND t.uidvalidity = c.uidvalidity AND c.uid BETWEEN t.first AND t.last
		WHERE c.folder = (SELECT number FROM folders WHERE mailbox = ? AND folder = ?) AND c.uidvalidity = ? AND c.untidied = 1
		ORDER BY c.uid`, mailbox, name, validity))
}

// Tidied says that the copies with these UIDs have been tidied up.
func (db *DB) Tidied(ctx context.Context, mailbox, name string, validity uint32, uids []uint32) error {
	return db.write(ctx, "tidied", func(t *transaction) error {
		for _, uid := range uids {
			_, err := t.exec(`UPDATE copies SET untidied = 0
				WHERE folder = (SELECT number FROM folders WHERE mailbox = ? AND folder = ?) AND uidvalidity = ? AND uid = ?`,
				mailbox, name, validity, uid)
			if err != nil {
				return err
			}
		}
		return t.moved(mailbox, name)
	})
}

// A folder is one folder of a mailbox.
type folder struct{ mailbox, name string }

// folders returns the numbers of all folders that a batch speaks of.
func (t *transaction) folders(b Batch) (map[folder]int64, error) {
	numbers := map[folder]int64{}
	add := func(p bouncehound.Place) error {
		f := folder{p.Mailbox, p.Folder}
		if _, ok := numbers[f]; ok || f == (folder{}) {
			return nil
		}
		if _, err := t.exec(`INSERT INTO folders (mailbox, folder) VALUES (?, ?) ON CONFLICT DO NOTHING`, f.mailbox, f.name); err != nil {
			return err
		}
		var number int64
		if _, err := t.one(`SELECT number FROM folders WHERE mailbox = ? AND folder = ?`, []any{f.mailbox, f.name}, &number); err != nil {
			return err
		}
		numbers[f] = number
		return nil
	}
	for _, j := range b.Messages {
		if err := add(j.Message.Place); err != nil {
			return nil, err
		}
	}
	return numbers, add(b.UpTo)
}

// moveFolder moves the cursor of a folder, never back within one UIDVALIDITY.
func (t *transaction) moveFolder(to bouncehound.Place) error {
	if to == (bouncehound.Place{}) {
		return nil
	}
	_, err := t.exec(`UPDATE folders SET uid = CASE WHEN uidvalidity = ?1 THEN max(uid, ?2) ELSE ?2 END, uidvalidity = ?1
		WHERE mailbox = ?3 AND folder = ?4`, to.UIDValidity, to.UID, to.Mailbox, to.Folder)
	return err
}

func scanText(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}

func scanNumber(rows *sql.Rows) (n int64, err error) {
	err = rows.Scan(&n)
	return n, err
}
