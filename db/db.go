// Package db keeps what was read and judged in one SQLite file. It is the only
// package with SQL in it. It judges nothing itself: where a contact stands is
// always what bouncehound.Policy says, asked inside the transaction that records
// the bounce.
//
// An exported method is one transaction; an unexported one is statements on it.
// Readers never wait for the writer nor the writer for readers, and other processes
// may use the same file at the same time.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"
)

// What both handles are opened with. Pragmas are in the DSN, because a PRAGMA
// statement reaches one connection of a pool only.
const (
	shared  = "?mode=rw&_foreign_keys=1&_busy_timeout=10000&_stmt_cache_size=64&_mutex=no" // database/sql gives a connection to one goroutine at a time
	writing = shared + "&_txlock=immediate&_secure_delete=1&_journal_mode=WAL&_synchronous=FULL&_cache_size=-5000"
	// Of a new file only: in one that stands this pragma takes the write lock, and
	// every verb would wait at its start for whoever writes.
	making = "&_auto_vacuum=2"
	// Under _txlock=immediate a long read would hold the write lock: the driver
	// does not know read-only transactions.
	reading = shared + "&_txlock=deferred&_query_only=1&_cache_size=-4000"
)

// What a savepoint would undo is kept in memory: in a file, as is SQLite's habit,
// Record writes some fifty pages more for each message. The write-ahead log is
// folded back every 16 MiB, and cut down again after a long read has let it grow.
const writerPragmas = `PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864`

// maxReaders bounds the connections of the reader pool. An iterator that is being
// read holds one.
const maxReaders = 32

// Options say how the store keeps things. The zero Options are right.
type Options struct {
	// Raw says what is kept of a report's bytes: "full" (also: empty), "headers"
	// (up to the first empty line) or "none". The bytes of messages that were not
	// understood are always kept whole: nothing else tells what they said.
	Raw string
	Now func() time.Time // nil: time.Now
}

// A DB is an open store. Its methods may be used by many goroutines at once.
type DB struct {
	writer  *sql.DB // one connection
	waiting waiting // of the one transaction that there can be at a time
	readers *sql.DB
	path    string
	raw     string
	clock   func() time.Time
	secret  atomic.Value // []byte, once it was read: the key of forgotten addresses
	rewound sync.Map     // consumer → how often its cursor had been rewound when it was last opened
}

// Open opens the store at path. It creates the file, readable by its owner only,
// or upgrades its schema, where that is needed. The error wraps ErrNewerSchema if a
// newer version of the program has written the file.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	db, err := open(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return db, nil
}

func open(ctx context.Context, path string, o Options) (*DB, error) {
	switch o.Raw {
	case "", "full", "headers", "none":
	default:
		return nil, fmt.Errorf("raw is %q, not full, headers or none", o.Raw)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// SQLite would create the file for all to read and says of any failure only
	// "unable to open database file".
	f, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, plain(err)
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	how := writing
	if info.Size() == 0 {
		how += making
	}
	db := &DB{path: abs, raw: o.Raw, clock: o.Now}
	if db.clock == nil {
		db.clock = time.Now
	}
	db.writer = sql.OpenDB(connector{dsn(abs) + how, writerPragmas})
	db.writer.SetMaxOpenConns(1)
	if err := upgrade(ctx, db.writer); err != nil {
		return nil, errors.Join(explain(err), db.writer.Close())
	}
	db.readers = sql.OpenDB(connector{dsn(abs) + reading, ""})
	db.readers.SetMaxOpenConns(maxReaders)
	db.readers.SetMaxIdleConns(4)
	return db, nil
}

// Close closes the store. What was recorded is safe without it too.
func (db *DB) Close() error {
	// The last connection to close folds the write-ahead log back into the file.
	return errors.Join(db.readers.Close(), db.writer.Close())
}

// A connector makes the connections of one handle.
type connector struct {
	dsn     string
	pragmas string // what no DSN can say
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.dsn) }

func (c connector) Driver() driver.Driver {
	return &sqlite3.SQLiteDriver{ConnectHook: func(conn *sqlite3.SQLiteConn) error {
		_, err := conn.Exec(c.pragmas, nil)
		return err
	}}
}

// dsn returns a path as a URI (https://www.sqlite.org/uri.html), so that "?", "%"
// and "#" in it are only themselves.
func dsn(path string) string {
	parts := strings.Split(filepath.ToSlash(path), "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "file:" + strings.Join(parts, "/")
}

// now returns the time as it is stored.
func (db *DB) now() time.Time { return stored(db.clock()) }

// plain returns what an error of package os says without the path, which the
// caller names.
func plain(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
