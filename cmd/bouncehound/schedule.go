package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/poller"
)

// A schedule polls each mailbox at once, at its times, and where it is wanted when the
// server tells of new messages. No mailbox waits for another.
type schedule struct {
	timer *cron.Cron
	idle  []*job
	beats *pulse
	now   func() time.Time
}

// A job polls one mailbox, once at a time.
type job struct {
	poller *poller.Poller
	store  *db.DB
	log    *slog.Logger
	polled func(began time.Time, err error) // is told how each went
	now    func() time.Time
	turn   chan struct{} // holds who polls
	beats  *pulse
}

// poll waits until a poll in hand has ended, and polls.
func (j *job) poll(ctx context.Context) {
	select {
	case j.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-j.turn }()
	began, name := j.now(), j.poller.Mailbox.Name
	j.beats.owe("poll "+name, stillPoll)
	defer j.beats.owe("poll "+name, 0)
	err := pollMailbox(context.WithValue(ctx, atWork{}, true), j.poller, j.store, j.log)
	if ctx.Err() != nil {
		return
	}
	j.polled(began, err)
	if err != nil {
		j.log.Error("poll failed", "mailbox", name, "err", err)
		notifySystemd(lastPoll(name, j.now()) + " failed: see the log")
		return
	}
	notifySystemd(lastPoll(name, j.now()))
}

// atWork marks the context of a poll: what comes over its connection is a sign of life of
// it, and what comes to a connection that listens is not.
type atWork struct{}

// lastPoll is the status that systemd shows.
func lastPoll(mailbox string, at time.Time) string {
	return "STATUS=last poll of " + mailbox + " at " + at.UTC().Format(time.RFC3339)
}

// listen polls whenever the server tells of new messages. News that come during a poll
// are looked at after it.
func (j *job) listen(ctx context.Context) error {
	news := make(chan struct{}, 1)
	var polls sync.WaitGroup
	polls.Go(func() {
		for {
			select {
			case <-news:
				j.poll(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	defer polls.Wait()
	part := "idle " + j.poller.Mailbox.Name + " "
	beat := func(folder string) { j.beats.owe(part+folder, stillListen) }
	err := j.poller.Listen(ctx, func() {
		select {
		case news <- struct{}{}:
		default:
		}
	}, beat)
	if errors.Is(err, poller.ErrNoIdle) {
		j.log.Warn("idle: the server cannot tell of new messages; the mailbox is polled on its schedule only", "mailbox", j.poller.Mailbox.Name)
		j.beats.rest(part)
		<-ctx.Done()
		return nil
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("mailbox %q: idle: %w", j.poller.Mailbox.Name, err)
}

// jobs schedules the poll of each mailbox.
func (p *program) jobs(ctx context.Context, s *settings, store *db.DB, log *slog.Logger, wake func(), beats *pulse) (*schedule, error) {
	logger := cronLog{log}
	// Skip outside Recover: in cron v3.0.1 a panic that passes SkipIfStillRunning
	// keeps its token, and the job never runs again.
	jobs := &schedule{beats: beats, now: p.now, timer: cron.New(cron.WithLogger(logger), cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))}
	for _, m := range s.Mailboxes {
		one, err := p.newPoller(s, m, store, log, wake)
		if err != nil {
			return nil, err
		}
		part, handle := "poll "+m.Name, one.Handle
		one.Dial = beats.dial(part, stillPoll)
		one.Handle = func(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
			beats.again(part, stillPoll)
			return handle(ctx, batch, upTo)
		}
		j := &job{poller: one, store: store, log: log, now: p.now, turn: make(chan struct{}, 1), beats: beats}
		j.polled = func(began time.Time, err error) { p.watched.poll(m.Name, began, p.now(), err) }
		if _, err := jobs.timer.AddJob(m.Poll.Schedule, cron.FuncJob(func() { j.poll(ctx) })); err != nil {
			return nil, fmt.Errorf("mailbox %q: schedule: %w", m.Name, err)
		}
		if m.Poll.Idle {
			jobs.idle = append(jobs.idle, j)
		}
	}
	return jobs, nil
}

// run runs every job once at once and then at its times. It returns when ctx is done
// and the polls in hand have ended.
func (s *schedule) run(ctx context.Context) error {
	errs := make(chan error, len(s.idle))
	var running sync.WaitGroup
	for _, entry := range s.timer.Entries() {
		running.Go(entry.WrappedJob.Run)
	}
	for _, j := range s.idle {
		running.Go(func() {
			if err := j.listen(ctx); err != nil {
				errs <- err
			}
		})
	}
	beat := func() { s.beats.owe("schedule", stillSchedule) }
	beat()
	s.timer.Schedule(cron.Every(beatEvery), cron.FuncJob(beat))
	if err := keepTime(ctx, s.timer, s.now, errs); err != nil { // a mailbox that cannot be right
		s.timer.Stop()
		return err
	}
	<-s.timer.Stop().Done()
	running.Wait()
	return nil
}

// keepTime starts a timer, and starts it anew whenever the clock was set back: cron would
// wait until it is again what it was. It returns when ctx is done, or with an error of errs.
func keepTime(ctx context.Context, timer *cron.Cron, now func() time.Time, errs <-chan error) error {
	timer.Start()
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	last := now().Round(0) // as the clock on the wall says
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-errs:
			return err
		case <-tick.C:
		}
		at := now().Round(0)
		if at.Before(last) {
			timer.Stop()
			timer.Start()
		}
		last = at
	}
}

// cronLog gives cron's errors, panics of a job among them, to the logger.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(string, ...any) {}

func (l cronLog) Error(err error, msg string, keysAndValues ...any) {
	l.log.Error("cron: "+msg, append([]any{"err", err}, keysAndValues...)...)
}
