package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// ExportPrefix begins the consumer of every incremental export's cursor. No webhook's
// name holds a slash.
const ExportPrefix = "export/"

// exportConsumer names the cursor of an incremental export. Those of bounces count
// bounces and not events, and so lie in settings: events they do not hold up.
func exportConsumer(what, name string) (consumer string, ofBounces bool) {
	return ExportPrefix + what + "/" + name, what == "bounces"
}

// ExportCursor returns how far the incremental export of what, by its name, has read:
// the number of the last event, or where what is bounces the ID of the last bounce;
// false if it never was made.
func (db *DB) ExportCursor(ctx context.Context, what, name string) (at int64, ok bool, err error) {
	consumer, ofBounces := exportConsumer(what, name)
	query := `SELECT sequence FROM cursors WHERE consumer = ?`
	if ofBounces {
		query = `SELECT value FROM settings WHERE name = ?`
	}
	ok, err = found(db.readers.QueryRowContext(ctx, query, consumer).Scan(&at))
	if err != nil {
		return 0, false, fmt.Errorf("export cursor %s: %w", name, explain(err))
	}
	return at, ok, nil
}

// SaveExportCursor stores how far an incremental export has read.
func (db *DB) SaveExportCursor(ctx context.Context, what, name string, at int64) error {
	consumer, ofBounces := exportConsumer(what, name)
	return db.write(ctx, "save export cursor "+name, func(t *transaction) (err error) {
		if ofBounces {
			_, err = t.exec(`INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`, consumer, strconv.FormatInt(at, 10))
			return err
		}
		_, err = t.exec(`INSERT INTO cursors (consumer, sequence, catch_up) VALUES (?, ?, 0) ON CONFLICT DO UPDATE SET sequence = excluded.sequence`, consumer, at)
		return err
	})
}

// IsExport says whether a cursor is that of an incremental export.
func IsExport(consumer string) bool { return strings.HasPrefix(consumer, ExportPrefix) }
