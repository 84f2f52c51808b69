package main

import (
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/db"
	"bouncehound/poller"
	"bouncehound/web"
)

// watched is what the daemon tells those who watch it. It lives as long as the process,
// and a nil one is told nothing.
type watched struct {
	metrics *web.Metrics

	mu   sync.Mutex
	ends map[string]time.Time // of the access token, by mailbox
}

func newWatched() *watched {
	revision := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	w := &watched{metrics: web.NewMetrics(version(), revision), ends: map[string]time.Time{}}
	for _, r := range classifier.Reasons() {
		if r.Reason != bouncehound.ReasonNotABounce {
			w.metrics.MayBounce(r.Class, r.Reason, r.Fault)
		}
	}
	return w
}

// begin tells what there is from now on.
func (w *watched) begin(s *settings, store *db.DB) {
	var mailboxes, endpoints []string
	for _, m := range s.Mailboxes {
		mailboxes = append(mailboxes, m.Name)
	}
	for _, h := range s.Webhooks {
		endpoints = append(endpoints, h.Name)
	}
	w.metrics.Begin(mailboxes, endpoints)
	w.metrics.Watch(webState{store, s.Webhooks, s.Mailboxes, s.Store.Path, w})
}

// message tells of a message that a poll has recorded.
func (w *watched) message(mailbox string, j bouncehound.Judged, r db.Recorded) {
	if w == nil || !r.New {
		return
	}
	action := bouncehound.NoAction
	if len(j.Bounces) > 0 {
		action = j.Bounces[0].Action
	}
	w.metrics.Message(mailbox, action)
	for _, b := range r.Bounces {
		if !b.Repeat && b.Action != bouncehound.NoAction {
			w.metrics.Bounce(b.Class, b.Reason, b.Fault)
		}
	}
}

// poll tells how a poll went.
func (w *watched) poll(mailbox string, began, ended time.Time, err error) {
	if w == nil {
		return
	}
	w.metrics.Polled(mailbox, ended.Sub(began), ended, err == nil)
	for _, stage := range stages(err) {
		w.metrics.IMAPError(mailbox, stage)
	}
}

// stages returns the stage of each error of an IMAP server in err, which may join many.
func stages(err error) (all []string) {
	if failed, ok := err.(*poller.Error); ok {
		return []string{failed.Stage}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			all = append(all, stages(e)...)
		}
		return all
	}
	if err = errors.Unwrap(err); err != nil {
		return stages(err)
	}
	return nil
}

// tokenEnds remembers when the access token of a mailbox ends.
func (w *watched) tokenEnds(mailbox string, at time.Time) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends[mailbox] = at
}

func (w *watched) tokenEnd(mailbox string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ends[mailbox]
}
