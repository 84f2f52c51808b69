package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// turnAgain is how often one who waits for a turn asks.
const turnAgain = 5 * time.Millisecond

// Turn waits until nobody else, in this process or another, sends to a consumer, and
// holds it until done is called. The kernel gives the turn back when its process ends.
// The consumer is a webhook's name, which can be a file's.
func (db *DB) Turn(ctx context.Context, consumer string) (done func(), err error) {
	dir := db.path + ".webhooks"
	f, err := os.OpenFile(filepath.Join(dir, consumer+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.Mkdir(dir, 0o700); err == nil || errors.Is(err, fs.ErrExist) {
			f, err = os.OpenFile(filepath.Join(dir, consumer+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("turn of %s: %w", consumer, err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { f.Close() }, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return nil, errors.Join(fmt.Errorf("turn of %s: %w", consumer, err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("turn of %s: %w", consumer, ctx.Err()), f.Close())
		case <-time.After(turnAgain):
		}
	}
}
