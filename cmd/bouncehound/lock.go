package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bouncehound/db"
)

// A lock lets one run or poll at a time work on a store. The kernel gives it back
// when its process ends, however that ends, so there is never a stale one.
type lock struct{ file *os.File }

// lockedStore opens the store for the one process that polls into it, as the store's
// owner. done closes it and gives the lock back.
func (p *program) lockedStore(ctx context.Context, s *settings, wait bool) (store *db.DB, done func(), err error) {
	if err := becomeOwner(s.Store.Path); err != nil {
		return nil, nil, err
	}
	held, err := takeLock(ctx, s.Store.Path, wait)
	if err != nil {
		return nil, nil, err
	}
	if store, err = p.openStore(ctx, s); err != nil {
		held.release()
		return nil, nil, err
	}
	return store, func() {
		store.Close() // what was recorded is safe without it
		held.release()
	}, nil
}

// takeLock takes the lock beside the store. If another process holds it, it waits
// for it or fails with the pid of the holder.
func takeLock(ctx context.Context, storePath string, wait bool) (*lock, error) {
	if real, err := filepath.EvalSymlinks(storePath); err == nil {
		storePath = real // one store has one lock, by whatever name it goes
	}
	path := storePath + ".lock"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, storeError(fmt.Errorf("take the poller's lock: %w", err))
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("take the poller's lock %s: %w", path, err)
		}
		if !wait {
			defer f.Close()
			return nil, hintError{fmt.Errorf("another poller works on this store: process %s holds %s", holder(f), path),
				"that process polls already; bouncehound poll --wait polls once it has ended"}
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write the poller's lock: %w", err)
	}
	return &lock{f}, nil
}

// release gives the lock back. The file stays: removing it would let two
// processes hold locks on two files of one name.
func (l *lock) release() { l.file.Close() }

// holder reads the pid of the process that holds the lock.
func holder(f *os.File) string {
	b, _ := io.ReadAll(io.LimitReader(f, 32))
	if pid := strings.TrimSpace(string(b)); pid != "" {
		return pid
	}
	return "unknown"
}

// lockHolder returns the pid of the process that holds the lock of a store, empty if
// none does. It looks at the kernel's list (proc_locks(5)): to try the lock would be in
// the way of a daemon that starts just then.
func lockHolder(storePath string) string {
	if real, err := filepath.EvalSymlinks(storePath); err == nil {
		storePath = real
	}
	info, err := os.Stat(storePath + ".lock")
	if err != nil {
		return ""
	}
	file, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	locks, _ := os.ReadFile("/proc/locks") // none where it can't be seen
	for line := range strings.Lines(string(locks)) {
		// 1: FLOCK ADVISORY WRITE 4711 fe:01:131 0 EOF
		words := strings.Fields(line)
		if len(words) >= 6 && words[1] == "FLOCK" && strings.HasSuffix(words[5], ":"+strconv.FormatUint(file.Ino, 10)) {
			return words[4]
		}
	}
	return ""
}
