package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"bouncehound/db"
	"bouncehound/export"
)

// exportNew writes what is new for a cursor. The rows are first put whole into a file
// beside the store, then to where they go, and only then is the cursor moved and the
// file removed. So an export that was broken off anywhere in between is repeated from
// that file, to the byte, whatever has changed since; and one that was broken off
// before has written nothing.
func exportNew(ctx context.Context, r exportRequest, s *settings, store *db.DB, told *exported, to func(func(io.Writer) error) error) error {
	dir, err := exportsDir(s)
	if err != nil {
		return fmt.Errorf("export %s: %w", r.what, err)
	}
	name := filepath.Join(dir, r.what+"."+r.cursor)
	lock, err := lockExport(name+".lock", r.cursor)
	if err != nil {
		return err
	}
	defer lock.Close()
	after, known, err := store.ExportCursor(ctx, r.what, r.cursor)
	if err != nil {
		return err
	}
	if !known {
		after = -1
	}
	waiting, upTo, err := brokenOff(name, after, r)
	if err != nil {
		return err
	}
	told.again = waiting != ""
	if waiting == "" {
		if upTo, err = r.last(ctx, store); err != nil {
			return err
		}
		waiting = fmt.Sprintf("%s.%d.%d.%s", name, after, upTo, r.digest())
		err = export.ToFile(waiting, 0o600, func(w io.Writer) (err error) {
			*told, err = r.write(ctx, w, s, store, &db.Span{After: after, UpTo: upTo})
			return err
		})
		if err != nil {
			return err
		}
	}
	if told.otherwise, err = r.filteredOtherwise(lock); err != nil {
		return err
	}
	told.otherwise = told.otherwise && known
	if told.again || told.rows > 0 || !r.skipEmpty {
		if err := to(func(w io.Writer) error { return copyFile(w, waiting) }); err != nil {
			return err
		}
	}
	if err := store.SaveExportCursor(ctx, r.what, r.cursor, upTo); err != nil {
		return err
	}
	if _, err := lock.WriteAt([]byte(r.filters()), 0); err != nil {
		return fmt.Errorf("export %s: %w", r.what, err)
	}
	return os.Remove(waiting)
}

// filters are what decides which rows a request writes.
func (r exportRequest) filters() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", r.reason, r.class, r.mailbox, r.domain))
	return hex.EncodeToString(sum[:6])
}

// filteredOtherwise says whether the export before, which left its filters in the lock,
// had others: the cursor has passed rows that only today's fit.
func (r exportRequest) filteredOtherwise(lock io.ReaderAt) (bool, error) {
	b := make([]byte, len(r.filters()))
	n, err := lock.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("export %s: %w", r.what, err)
	}
	return n == len(b) && string(b) != r.filters(), nil // none: an older version made the lock
}

// last returns how far an export reads now.
func (r exportRequest) last(ctx context.Context, store *db.DB) (int64, error) {
	if r.what == "bounces" {
		return store.LastBounce(ctx)
	}
	return store.LastSequence(ctx)
}

// brokenOff returns the file of an export that began where the cursor still is and
// how far it reads, and removes those that are done with or were asked for otherwise.
func brokenOff(name string, after int64, r exportRequest) (path string, upTo int64, err error) {
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		return "", 0, fmt.Errorf("export %s: %w", r.what, err)
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), filepath.Base(name)+".")
		if !ours {
			continue
		}
		var from, to int64
		var digest string
		if n, err := fmt.Sscanf(strings.ReplaceAll(rest, ".", " "), "%d %d %s", &from, &to, &digest); n != 3 || err != nil || strings.Count(rest, ".") != 2 {
			continue // the lock, or of a cursor whose name goes on
		}
		here := filepath.Join(filepath.Dir(name), e.Name())
		if from == after && digest == r.digest() {
			path, upTo = here, to
		} else if err := os.Remove(here); err != nil {
			return "", 0, fmt.Errorf("export %s: %w", r.what, err)
		}
	}
	return path, upTo, nil
}

// digest tells one request from another that writes other rows or writes them
// otherwise.
func (r exportRequest) digest() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %v %v", r.reason, r.class, r.mailbox, r.domain, r.options.Format, r.shape, r.options.Raw, r.hashed))
	return hex.EncodeToString(sum[:6])
}

// lockExport lets one export at a time go on with a cursor. The kernel gives the lock
// back when its process ends.
func lockExport(path, cursor string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, hintError{fmt.Errorf("another export goes on with cursor %q", cursor), "wait until it is done, or give this one a cursor of its own"}
	}
	return f, nil
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
