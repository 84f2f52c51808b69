package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/robfig/cron/v3"

	"bouncehound/db"
	"bouncehound/notify"
)

// parts are what the daemon runs by one configuration. They are made whole, every secret
// and file read, before those before them end: what is gone a moment later ends nothing.
type parts struct {
	ctx      context.Context // of all that they do, from when they are made
	stop     context.CancelFunc
	settings *settings
	store    *db.DB
	log      *slog.Logger
	beats    *pulse
	senders  []*notify.Sender
	jobs     *schedule
	files    *cron.Cron
	missing  []func() // exports to be written at once
	pages    http.Handler
}

// parts makes the parts of a configuration. They must be run or stopped.
func (p *program) parts(ctx context.Context, s *settings, store *db.DB) (made *parts, err error) {
	ctx, stop := context.WithCancel(ctx)
	made = &parts{ctx: ctx, stop: stop, settings: s, store: store, log: p.logger(s.Log), beats: newPulse()}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	if made.senders, err = newSenders(ctx, s.Webhooks, store, made.log); err != nil {
		return nil, err
	}
	if made.jobs, err = p.jobs(ctx, s, store, made.log, made.wake, made.beats); err != nil {
		return nil, err
	}
	if made.files, made.missing, err = p.exportTimer(ctx, s, store, made.log, made.beats); err != nil {
		return nil, err
	}
	if made.pages, err = p.pages(ctx, s, store, made.log, made.beats); err != nil {
		return nil, err
	}
	return made, nil
}

// nextParts makes the parts of the configuration as it is now, to take over from others.
func (p *program) nextParts(ctx context.Context, now *parts) (*parts, error) {
	s, err := p.settings()
	if err == nil {
		err = s.NeedMailboxes(s.path)
	}
	if err != nil {
		return nil, err
	}
	if s.Store != now.settings.Store {
		now.log.Warn("store settings change at the next start only")
		s.Store = now.settings.Store
	}
	next, err := p.parts(ctx, s, now.store)
	if err != nil {
		return nil, err
	}
	if s.door, err = doorOf(now.settings.door, s.Listen); err != nil {
		next.stop()
		return nil, err
	}
	return next, nil
}

// wake lets every sender look for new events.
func (p *parts) wake() {
	for _, one := range p.senders {
		one.Wake()
	}
}
