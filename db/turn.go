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
// holds it until done is called, which lets one who waits go first. The kernel gives
// the turn back when its process ends. The consumer is a webhook's name, which can be a
// file's.
func (db *DB) Turn(ctx context.Context, consumer string) (done func(), err error) {
	// Whoever waits holds a share of the second file.
	var waiting *os.File
	defer func() {
		if waiting != nil {
			waiting.Close()
		}
	}()
	turn, err := db.turnFile(consumer + ".lock")
	if err != nil {
		return nil, err
	}
	for {
		err := lock(turn, syscall.LOCK_EX)
		if err == nil {
			return func() {
				turn.Close()
				db.letOthers(consumer)
			}, nil
		}
		if errors.Is(err, syscall.EWOULDBLOCK) && waiting == nil {
			if waiting, err = db.turnFile(consumer + ".waiting"); err == nil {
				err = syscall.EWOULDBLOCK
			}
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("turn of %s: %w", consumer, err), turn.Close())
		}
		if err := lock(waiting, syscall.LOCK_SH); err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("turn of %s: %w", consumer, err), turn.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("turn of %s: %w", consumer, ctx.Err()), turn.Close())
		case <-time.After(turnAgain):
		}
	}
}

// letOthers gives those who wait for a turn time to take it.
func (db *DB) letOthers(consumer string) {
	waiting, err := db.turnFile(consumer + ".waiting")
	if err != nil {
		return // nobody can wait either
	}
	defer waiting.Close()
	if lock(waiting, syscall.LOCK_EX) != nil {
		time.Sleep(2 * turnAgain)
	}
}

// turnFile opens a file that turns are taken by.
func (db *DB) turnFile(name string) (*os.File, error) {
	dir := db.path + ".webhooks"
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.Mkdir(dir, 0o700); err == nil || errors.Is(err, fs.ErrExist) {
			f, err = os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
		}
	}
	return f, err
}

// lock locks a file if nobody else has it locked, else its error is EWOULDBLOCK.
func lock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
