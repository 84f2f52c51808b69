package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"bouncehound/config"
	"bouncehound/db"
)

// A leftover is a cursor that keeps things in the store for somebody who may never come
// for them.
type leftover struct {
	part, name string // as in a finding
	text, hint string
}

// leftovers returns the cursors of webhooks that are not in the configuration any more,
// and those of exports by hand for which something is kept beyond its time.
func leftovers(ctx context.Context, s *settings, store *db.DB, now time.Time) ([]leftover, error) {
	cursors, err := store.Cursors(ctx)
	if err != nil {
		return nil, err
	}
	var all []leftover
	for _, c := range cursors {
		if db.IsExport(c.Consumer) || slices.ContainsFunc(s.Webhooks, func(w config.Webhook) bool { return w.Name == c.Consumer }) {
			continue
		}
		n, since, err := store.After(ctx, c.Sequence)
		if err != nil {
			return nil, err
		}
		all = append(all, leftover{"webhook", c.Consumer, "a warning: " + unconfigured(n, stamp(since)),
			"configure it again, or bouncehound webhooks drop " + c.Consumer})
	}
	exports, err := store.ExportCursors(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range exports {
		if slices.ContainsFunc(s.Exports, func(e config.Export) bool { return e.What == c.What && e.Cursor == c.Name }) {
			continue // it is made seldom, or fails, which is logged
		}
		kept := s.Store.Retention.Events
		what := "event"
		if c.What == "bounces" {
			kept, what = s.Store.Retention.Bounces, "bounce"
		}
		if c.Behind == 0 || kept == 0 || now.Sub(c.Since) <= kept {
			continue
		}
		all = append(all, leftover{"export", c.Name,
			fmt.Sprintf("a warning: no export of %s goes on with this cursor: %s since %s kept for it", c.What, count(int(c.Behind), what), stamp(c.Since)),
			fmt.Sprintf("export again, or bouncehound export cursors drop %s %s", c.What, c.Name)})
	}
	return all, nil
}

// leftovers warns of cursors that keep things for nobody.
func (c *checking) leftovers(store *db.DB) {
	all, err := within(c.ctx, c.storeTime, func(ctx context.Context) ([]leftover, error) { return leftovers(ctx, c.settings, store, c.p.now()) })
	if err != nil {
		c.wrong("store", c.settings.Store.Path, "cursors", err, storeHint(err))
	}
	for _, l := range all {
		c.add(finding{"good", l.part, l.name, "cursor", l.text, l.hint})
	}
}

// unconfigured says of a webhook that is not configured any more what is kept for it.
func unconfigured(events int64, since string) string {
	text := "not configured any more"
	if events > 0 {
		text += fmt.Sprintf(": %s since %s kept for it", count(int(events), "event"), since)
	}
	return text
}

// warnOfLeftovers logs them.
func warnOfLeftovers(ctx context.Context, s *settings, store *db.DB, log *slog.Logger, now time.Time) error {
	all, err := leftovers(ctx, s, store, now)
	for _, l := range all {
		log.Warn(strings.TrimPrefix(l.text, "a warning: "), l.part, l.name, "hint", l.hint)
	}
	return err
}
