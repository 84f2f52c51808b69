package db

import (
	"context"
	"slices"
)

// Moving says that a server is about to be told to move the copies with these UIDs out
// of a folder.
func (db *DB) Moving(ctx context.Context, mailbox, name string, validity uint32, uids []uint32) error {
	return db.write(ctx, "moving", func(t *transaction) error {
		// What an earlier poll was cut off from may still be on its way.
		_, err := t.exec(`INSERT INTO moving (folder, uidvalidity, first, last, at) SELECT number, ?1, ?2, ?3, ?4 FROM folders WHERE mailbox = ?5 AND folder = ?6
			ON CONFLICT DO UPDATE SET uidvalidity = ?1, at = ?4,
			first = CASE WHEN uidvalidity = ?1 THEN min(first, ?2) ELSE ?2 END, last = CASE WHEN uidvalidity = ?1 THEN max(last, ?3) ELSE ?3 END`,
			validity, slices.Min(uids), slices.Max(uids), stamp(t.now), mailbox, name)
		return err
	})
}

// moved forgets what a server was told to move once all of it is tidied up.
func (t *transaction) moved(mailbox, name string) error {
	_, err := t.exec(`DELETE FROM moving WHERE folder = `+theFolder+` AND NOT EXISTS
		(SELECT 1 FROM copies c WHERE c.folder = moving.folder AND c.uidvalidity = moving.uidvalidity AND c.untidied = 1 AND c.uid BETWEEN moving.first AND moving.last)`,
		mailbox, name)
	return err
}
