package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/db"
	"bouncehound/parser"
)

// A judge reads messages and judges what they say.
type judge struct {
	options    parser.Options
	classifier *classifier.Classifier
	now        func() time.Time
}

// message reads and judges one message.
func (j judge) message(m bouncehound.Message) (judged bouncehound.Judged) {
	defer func() {
		if r := recover(); r != nil {
			judged = unreadable(m, r)
		}
	}()
	report := j.options.Parse(m.Raw)
	if m.Partial {
		report.Notes = append(report.Notes, fmt.Sprintf("over the size limit: the first %d of %d octets were read", len(m.Raw), m.Size))
	}
	verdicts := make([]bouncehound.Verdict, len(report.Recipients))
	for i, r := range report.Recipients {
		verdicts[i] = j.classifier.Classify(r)
	}
	judged = bouncehound.Judged{Message: m, Report: report, Bounces: bouncehound.Bounces(m, report, verdicts, j.now())}
	if len(judged.Bounces) > 0 {
		judged.ID = judged.Bounces[0].Message // to work it out reads the whole message
	} else {
		judged.ID = m.ID()
	}
	return judged
}

// messages reads and judges messages, a worker a core, and keeps their order.
func (j judge) messages(batch []bouncehound.Message) []bouncehound.Judged {
	judged := make([]bouncehound.Judged, len(batch))
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(batch)) {
		wg.Go(func() {
			for i := range next {
				judged[i] = j.message(batch[i])
			}
		})
	}
	for i := range batch {
		next <- i
	}
	close(next)
	wg.Wait()
	return judged
}

// An ingest is the one path that every message takes: read, judge, record, tell.
type ingest struct {
	judge  judge // read and judge; many messages at a time
	store  *db.DB
	policy bouncehound.Policy
	tell   func(bouncehound.Judged, db.Recorded) // of each message once it is committed; nil: nobody
	wake   func()                                // after each commit; nil: nobody waits
}

// take records a batch that was judged and, in the same transaction, how far its
// folder was read. When it returns without an error all of the batch is safely kept.
func (in ingest) take(ctx context.Context, judged []bouncehound.Judged, upTo bouncehound.Place, tidy ...bouncehound.Kind) ([]db.Recorded, error) {
	recorded, err := in.store.Record(ctx, db.Batch{Messages: judged, UpTo: upTo, Tidy: tidy}, in.policy)
	if err != nil {
		return nil, err
	}
	if in.wake != nil {
		in.wake()
	}
	if in.tell != nil {
		for i := range recorded {
			in.tell(judged[i], recorded[i])
		}
	}
	return recorded, nil
}
