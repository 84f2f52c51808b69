package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"
	"time"

	"bouncehound"
)

// A StoredMessage is what is kept of a message besides its bytes. Of kind other
// that is ID, place, size and RecordedAt only, unless it is an automatic reply.
type StoredMessage struct {
	ID         string
	Kind       bouncehound.Kind
	Mailbox    string // as Folder and UID: where it was first found; empty for a file
	Folder     string
	UID        uint32
	Source     string // as bouncehound.Message.Source
	Size       int64  // octets
	ArrivedAt  time.Time
	RecordedAt time.Time
	MessageID  string // of the message itself
	Format     string
	Notes      []string
	Recipients int
}

// A MessageFilter says which messages are wanted; its zero value wants all.
type MessageFilter struct {
	Kind    bouncehound.Kind
	Mailbox string
	Since   time.Time // recorded at or after
	Limit   int       // at most so many; 0: all
}

// Messages returns the messages that a filter wants, the last recorded first, as
// they are read.
func (db *DB) Messages(ctx context.Context, f MessageFilter) iter.Seq2[StoredMessage, error] {
	var w where
	// The literal lets SQLite use the index of what was not understood.
	w.add(f.Kind == bouncehound.KindUnread, `kind = 'unread'`)
	w.add(f.Kind != bouncehound.KindUnread && f.Kind != "", `kind = ?`, f.Kind)
	w.add(f.Mailbox != "", `mailbox = ?`, f.Mailbox)
	w.add(!f.Since.IsZero(), `recorded_at >= ?`, stamp(f.Since))
	scan := func(rows *sql.Rows) (m StoredMessage, err error) {
		var notes []byte
		err = rows.Scan(&m.ID, &m.Kind, &m.Mailbox, &m.Folder, &m.UID, &m.Source, &m.Size, (*stamp)(&m.ArrivedAt), (*stamp)(&m.RecordedAt),
			&m.MessageID, &m.Format, &notes, &m.Recipients)
		if err == nil && len(notes) > 0 {
			err = json.Unmarshal(notes, &m.Notes)
		}
		return m, err
	}
	return stream(ctx, db.readers, "messages", scan, `SELECT id, kind, mailbox, folder, uid, source, size, arrived_at, recorded_at,
		coalesce(message_id, ''), format, notes, recipients FROM messages`+w.String()+` ORDER BY number DESC LIMIT ?`, append(w.args, limit(f.Limit))...)
}
