package main

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bouncehound"
	"bouncehound/poller"
	"bouncehound/poller/imaptest"
)

// A floor is the least that keeps the promise that nothing is lost: of each message its
// id, compressed bytes and place, a hundred in one commit that is on the disk when it
// returns, with no index but the id's. It reads nothing in a message, judges nothing and
// tells nobody; what it reaches, no store of ours can pass.
type floor struct {
	nothingRead
	store  *sql.DB
	zipped sync.Map // id → compressed bytes
}

// pollFloor polls a server's messages into a floor of its own.
func pollFloor(b *testing.B, server *imaptest.Server, messages int) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "floor.db")
	store, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_stmt_cache_size=8&_mutex=no&_cache_size=-8000")
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	store.SetMaxOpenConns(1)
	if _, err := store.Exec(`PRAGMA wal_autocheckpoint = 4000;
		CREATE TABLE kept (id TEXT PRIMARY KEY, folder TEXT, uidvalidity INTEGER, uid INTEGER, bytes BLOB)`); err != nil {
		b.Fatal(err)
	}
	f := &floor{store: store}
	p := &poller.Poller{
		Mailbox: poller.Mailbox{Name: "bounces", Host: server.Addr, TLS: poller.TLSNone, Username: imaptest.Username,
			Password: func(context.Context) (string, error) { return imaptest.Password, nil }},
		Store: f, DryRun: true, Judge: f.zip, Handle: f.keep,
	}
	result, err := p.Poll(b.Context())
	var kept int
	if err == nil {
		err = store.QueryRow(`SELECT count(*) FROM kept`).Scan(&kept)
	}
	if err != nil || result.Fetched != messages || kept != messages {
		b.Fatal(result, kept, err)
	}
}

var zippers = sync.Pool{New: func() any { w, _ := flate.NewWriter(nil, flate.BestSpeed); return w }}

func (f *floor) zip(m bouncehound.Message) bouncehound.Judged {
	w := zippers.Get().(*flate.Writer)
	defer zippers.Put(w)
	var zipped bytes.Buffer
	w.Reset(&zipped)
	_, _ = w.Write(m.Raw) // a buffer takes all
	_ = w.Close()
	j := bouncehound.Judged{Message: m, ID: m.ID()}
	f.zipped.Store(j.ID, zipped.Bytes())
	return j
}

func (f *floor) keep(ctx context.Context, batch []bouncehound.Judged, _ bouncehound.Place) ([]bouncehound.Kind, error) {
	if len(batch) == 0 { // only the cursor moves
		return nil, nil
	}
	tx, err := f.store.Begin()
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // nothing once it is committed
	var rows []any
	for _, j := range batch {
		zipped, _ := f.zipped.LoadAndDelete(j.ID)
		rows = append(rows, j.ID, j.Message.Place.Folder, int64(j.Message.Place.UIDValidity), int64(j.Message.Place.UID), zipped)
	}
	query := `INSERT INTO kept VALUES (?, ?, ?, ?, ?)` + strings.Repeat(`, (?, ?, ?, ?, ?)`, len(batch)-1)
	// As a query, for which the driver hands over all values in one call.
	inserted, err := tx.QueryContext(context.WithoutCancel(ctx), query, rows...)
	if err != nil {
		return nil, err
	}
	if err := inserted.Close(); err != nil {
		return nil, err
	}
	return make([]bouncehound.Kind, len(batch)), tx.Commit()
}
