package main

import (
	"context"
	"log/slog"
	"time"

	"bouncehound/db"
)

// How often what has been kept for its time is taken out of the store: by the daemon,
// and by polls in cron style.
const (
	retainEvery = time.Hour
	retainDaily = 23 * time.Hour // a poll at the same time every day may come a little early
)

// retain takes out of the store what has been kept for its time, unless that was done
// less than so long ago.
func retain(ctx context.Context, s *settings, store *db.DB, log *slog.Logger, every time.Duration, beat func()) error {
	r := s.Store.Retention
	done, err := store.Retain(ctx, db.Retention{Raw: r.Raw, Bounces: r.Bounces, Events: r.Events, Sent: r.Sent, Every: every, Beat: beat})
	if done != (db.Retained{}) {
		log.Info("taken out of the store", "raw", done.Raw, "bounces", done.Bounces, "shortened", done.Short, "events", done.Events, "sent", done.Sent)
	}
	return err
}

// retention does so from now on, and warns of what is kept for nobody. What goes wrong
// is logged and tried again: it is no reason to poll no more.
func retention(ctx context.Context, s *settings, store *db.DB, log *slog.Logger, beats *pulse) error {
	beat := func() { beats.owe("retention", stillStore) }
	beat()
	if err := warnOfLeftovers(ctx, s, store, log, time.Now()); err != nil && ctx.Err() == nil {
		log.Error("looking for cursors that nobody uses failed", "err", err)
	}
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		if err := retain(ctx, s, store, log, 0, beat); err != nil && ctx.Err() == nil {
			log.Error("retention failed", "err", err)
		}
		beats.owe("retention", retainEvery+stillStore)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
