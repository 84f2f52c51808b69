package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// watchEvery is how often Watch looks. It bounds how late a commit of another
// process is noticed.
const watchEvery = 500 * time.Millisecond

// Watch calls wake whenever anybody, this process or another, has committed to the
// store, and once as it begins, for what was committed since somebody looked last; and
// beat each time it has looked, every half a second. It returns when ctx is done, with
// nil, or when the store cannot be read.
func (db *DB) Watch(ctx context.Context, wake, beat func()) error {
	err := db.watch(ctx, wake, beat)
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("watch: %w", explain(err))
}

func (db *DB) watch(ctx context.Context, wake, beat func()) (err error) {
	// data_version tells what others than the asking connection committed, so the
	// connection has to be the same all the time and must not write itself.
	conn, err := db.readers.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var before int64
	if err := conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&before); err != nil {
		return err
	}
	wake()
	for {
		beat()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		var version int64
		err := conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version)
		if busy(err) {
			continue // it will be there the next time
		}
		if err != nil {
			return err
		}
		if version != before {
			before = version
			wake()
		}
	}
}
