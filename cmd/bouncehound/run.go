package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
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
			dieBySignal()
			hup := make(chan os.Signal, 1) // from now on: by itself a SIGHUP would end us
			signal.Notify(hup, syscall.SIGHUP)
			defer signal.Stop(hup)
			s, err := p.settings()
			if err != nil {
				return err
			}
			if err := s.NeedMailboxes(s.path); err != nil {
				return err
			}
			return p.daemon(cmd.Context(), s, hup)
		},
	}
}

// dieBySignal lets a panic, and the SIGABRT of systemd's watchdog, end the process by a
// signal. Go would exit with 2, which says of us that the configuration is wrong and that
// trying again is of no use. There is no core: addresses and secrets would be in it.
func dieBySignal() {
	debug.SetTraceback("crash")
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) // where it is forbidden, systemd did it
}

// daemon holds the lock and the store and runs one generation of parts after
// another, each with the configuration that was good when it was made.
func (p *program) daemon(ctx context.Context, s *settings, hup <-chan os.Signal) error {
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
	now, err := p.parts(ctx, s, store)
	for err == nil {
		var next *parts
		next, err = p.generation(ctx, now, hup)
		if next == nil { // told to stop, perhaps before all parts ran; or one failed
			notifySystemd(daemon.SdNotifyStopping)
			if err == nil {
				now.log.Info("stopped")
			}
			return err
		}
		if s.door != next.settings.door {
			s.door.shut()
		}
		s, now = next.settings, next
		now.log.Info("configuration reloaded", "path", s.path)
	}
	return err
}

// generation runs all parts until ctx is done (next is nil), a part fails, or a
// SIGHUP brings a good configuration, whose parts are next.
func (p *program) generation(ctx context.Context, now *parts, hup <-chan os.Signal) (next *parts, err error) {
	defer now.stop()
	s, store, log, beats := now.settings, now.store, now.log, now.beats
	p.holdMemory(len(s.Mailboxes))
	for _, w := range s.Warnings {
		log.Warn(w)
	}
	p.watched.begin(s, store)
	g, inner := errgroup.WithContext(now.ctx)
	defer context.AfterFunc(inner, now.stop)() // a part that fails ends what the others have begun
	g.Go(func() error { return serve(inner, s.door, now.pages) })
	for _, one := range now.senders {
		one.Count(p.watched.metrics)
		one.Alive(func(within time.Duration) { beats.owe("webhook "+one.Name(), within) })
		g.Go(func() error { return one.Run(inner) })
	}
	g.Go(func() error { return watch(inner, store, now.wake, beats) })
	g.Go(func() error { return sweep(inner, s, store, beats) })
	g.Go(func() error { return retention(inner, s, store, log, beats) })
	answer := func(ctx context.Context) error { _, err := store.LastSequence(ctx); return err }
	g.Go(func() error { return watchdog{watchdogEvery(), answer, beats, notifySystemd, log}.run(inner) })
	g.Go(func() error { return now.jobs.run(inner) })
	g.Go(func() error { return runExports(inner, now.files, now.missing, beats, p.now) })
	g.Go(func() error {
		next = p.awaitReload(inner, ctx, now, hup)
		now.stop()
		return nil
	})
	log.Info("running", "mailboxes", len(s.Mailboxes), "webhooks", len(now.senders), "store", s.Store.Path)
	tellSystemd(daemon.SdNotifyReady, time.Minute) // else systemd believes that it never started
	err = g.Wait()
	if ctx.Err() != nil {
		return nil, nil
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	if err != nil {
		next = nil
	}
	return next, err
}

// awaitReload returns the parts of the configuration that a SIGHUP brought, which live
// as long as the whole, and nil when ctx ends first. A configuration that cannot be used
// is logged and not taken.
func (p *program) awaitReload(ctx, whole context.Context, now *parts, hup <-chan os.Signal) *parts {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
		}
		next, err := p.nextParts(whole, now)
		if err == nil {
			return next
		}
		now.log.Error("configuration not reloaded, the old one stays", "path", now.settings.path, "err", err)
	}
}

// watch wakes the senders when anybody has committed to the store.
func watch(ctx context.Context, store *db.DB, wake func(), beats *pulse) error {
	return store.Watch(ctx, wake, func() { beats.owe("watch", stillStore) })
}

// sweep ends what ends by itself: empty windows and the policy's "for".
func sweep(ctx context.Context, s *settings, store *db.DB, beats *pulse) error {
	beat := func() { beats.owe("sweep", sweepEvery+stillStore) }
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		beat()
		if _, err := store.Sweep(ctx, s.Policy, beat); err != nil && ctx.Err() == nil {
			return fmt.Errorf("sweep: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
