package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"bouncehound/db"
)

// sweepEvery is how often standings that end by themselves are looked for.
const sweepEvery = time.Minute

func (p *program) runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the daemon",
		Long: `Polls every mailbox at once and then on its schedule, sends webhooks as things come
true, writes the exports on their schedules, and goes on until SIGTERM or SIGINT. SIGHUP reads the configuration and the
rules again; where they are bad the daemon keeps the old ones.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			hup := make(chan os.Signal, 1) // from now on: by itself a SIGHUP would end us
			signal.Notify(hup, syscall.SIGHUP)
			defer signal.Stop(hup)
			s, err := p.settings()
			if err != nil {
				return err
			}
			if err := s.NeedMailboxes(); err != nil {
				return err
			}
			return p.daemon(cmd.Context(), s, hup)
		},
	}
}

// daemon holds the lock and the store and runs one generation of parts after
// another, each with the configuration that was good when it began.
func (p *program) daemon(ctx context.Context, s *settings, hup <-chan os.Signal) error {
	log := p.logger(s.Log)
	store, done, err := p.lockedStore(ctx, s, false)
	if err != nil {
		return err
	}
	defer done()
	p.watched = newWatched()
	if s.door, err = openDoor(s.Listen.Address); err != nil {
		return err
	}
	defer func() { s.door.shut() }()
	for {
		next, err := p.generation(ctx, s, store, hup)
		if err != nil && ctx.Err() == nil {
			notifySystemd(daemon.SdNotifyStopping)
			return err
		}
		if next == nil { // told to stop, perhaps before all parts ran
			notifySystemd(daemon.SdNotifyStopping)
			log.Info("stopped")
			return nil
		}
		if next.Store != s.Store {
			log.Warn("store settings change at the next start only")
			next.Store = s.Store
		}
		if s.door != next.door {
			s.door.shut()
		}
		s, log = next, p.logger(next.Log)
		log.Info("configuration reloaded", "path", s.path)
	}
}

// generation runs all parts until ctx is done (next is nil), a part fails, or a
// SIGHUP brings a good configuration, which is next.
func (p *program) generation(ctx context.Context, s *settings, store *db.DB, hup <-chan os.Signal) (next *settings, err error) {
	p.holdMemory(len(s.Mailboxes))
	log := p.logger(s.Log)
	for _, w := range s.Warnings {
		log.Warn(w)
	}
	inner, stop := context.WithCancel(ctx)
	defer stop()
	g, inner := errgroup.WithContext(inner)
	senders, err := newSenders(inner, s.Webhooks, store, log)
	if err != nil {
		return nil, err
	}
	wake := func() {
		for _, one := range senders {
			one.Wake()
		}
	}
	beats := newPulse()
	jobs, err := p.jobs(inner, s, store, log, wake, beats)
	if err != nil {
		return nil, err
	}
	files, missing, err := p.exportTimer(inner, s, store, log)
	if err != nil {
		return nil, err
	}
	pages, err := p.pages(inner, s, store, log)
	if err != nil {
		return nil, err
	}
	p.watched.begin(s, store)
	g.Go(func() error { return serve(inner, s.door, pages) })
	for _, one := range senders {
		one.Count(p.watched.metrics)
		one.Alive(func(within time.Duration) { beats.owe("webhook "+one.Name(), within) })
		g.Go(func() error { return one.Run(inner) })
	}
	g.Go(func() error { return store.Watch(inner, wake) })
	g.Go(func() error { return sweep(inner, s, store, beats) })
	g.Go(func() error { return retention(inner, s, store, log) })
	answer := func(ctx context.Context) error { _, err := store.LastSequence(ctx); return err }
	g.Go(func() error { return watchdog{watchdogEvery(), answer, beats, notifySystemd, log}.run(inner) })
	g.Go(func() error { return jobs.run(inner) })
	g.Go(func() error { return runExports(inner, files, missing) })
	g.Go(func() error {
		next = p.awaitReload(inner, s, store, hup, log)
		stop()
		return nil
	})
	log.Info("running", "mailboxes", len(s.Mailboxes), "webhooks", len(senders), "store", s.Store.Path)
	notifySystemd(daemon.SdNotifyReady)
	err = g.Wait()
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		err = nil
	}
	if ctx.Err() != nil {
		next = nil
	}
	return next, err
}

// awaitReload returns the settings that a SIGHUP brought, nil when ctx ends first.
// Settings that can't be used are logged and not taken.
func (p *program) awaitReload(ctx context.Context, s *settings, store *db.DB, hup <-chan os.Signal, log *slog.Logger) *settings {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
		}
		next, err := p.settings()
		if err == nil {
			err = next.NeedMailboxes()
		}
		if err == nil {
			_, err = newSenders(ctx, next.Webhooks, store, log)
		}
		if err == nil {
			_, err = p.jobs(ctx, next, store, log, func() {}, newPulse())
		}
		if err == nil {
			_, _, err = p.exportTimer(ctx, next, store, log)
		}
		if err == nil {
			_, err = p.pages(ctx, next, store, log)
		}
		if err == nil {
			next.door, err = doorOf(s.door, next.Listen)
		}
		if err == nil {
			return next
		}
		log.Error("configuration not reloaded, the old one stays", "path", s.path, "err", err)
	}
}

// sweep ends what ends by itself: empty windows and the policy's "for".
func sweep(ctx context.Context, s *settings, store *db.DB, beats *pulse) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		beats.owe("sweep", sweepEvery+stillSweep)
		if _, err := store.Sweep(ctx, s.Policy); err != nil && ctx.Err() == nil {
			return fmt.Errorf("sweep: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
