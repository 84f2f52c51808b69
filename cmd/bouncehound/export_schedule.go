package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/export"
)

// timeInPath is how a path tells when its file was written: it sorts, and every file
// system takes it.
const timeInPath = "20060102T150405Z"

// request returns what an export of the configuration asks for.
func request(e config.Export) exportRequest {
	r := exportRequest{
		what: e.What, reason: e.Reason, class: e.Class, mailbox: e.Mailbox,
		options: export.Options{Format: export.Format(e.Format), Raw: e.Raw}, shape: export.Shape(e.Shape), cursor: e.Cursor, hashed: e.Hashed,
	}
	r.skipEmpty = e.Cursor != ""
	return r
}

// checkExports refuses exports whose reason or class no verdict has.
func checkExports(exports []config.Export) error {
	for i, e := range exports {
		if err := checkFilter(e.Reason, e.Class); err != nil {
			hint := ""
			if usage, ok := errors.AsType[usageError](err); ok {
				hint = usage.hint
			}
			return usageError{fmt.Errorf("export #%d: %s", i+1, strings.TrimPrefix(err.Error(), "--")), hint}
		}
	}
	return nil
}

// exportTimer schedules the exports of the configuration. first are those whose file
// is not there yet, to be written at once.
func (p *program) exportTimer(ctx context.Context, s *settings, store *db.DB, log *slog.Logger, beats *pulse) (timer *cron.Cron, first []func(), err error) {
	logger := cronLog{log}
	timer = cron.New(cron.WithLogger(logger), cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))
	for i, e := range s.Exports {
		job := cron.FuncJob(func() { p.exportScheduled(ctx, e, s, store, log, beats) })
		id, err := timer.AddJob(e.Schedule, job)
		if err != nil {
			return nil, nil, fmt.Errorf("export #%d: schedule: %w", i+1, err)
		}
		if _, err := os.Stat(e.Path); errors.Is(err, fs.ErrNotExist) && !strings.Contains(e.Path, config.TimeInPath) {
			first = append(first, timer.Entry(id).WrappedJob.Run)
		}
	}
	return timer, first, nil
}

// newPath puts the time into a path that holds it: the next second that no file has
// where one has this already, as after a clock was set back. Nobody may have read that.
func newPath(pattern string, at time.Time) string {
	for ; ; at = at.Add(time.Second) {
		path := strings.ReplaceAll(pattern, config.TimeInPath, at.UTC().Format(timeInPath))
		if _, err := os.Lstat(path); err != nil || path == pattern {
			return path
		}
	}
}

// exportScheduled writes the file of one export, whole or not at all.
func (p *program) exportScheduled(ctx context.Context, e config.Export, s *settings, store *db.DB, log *slog.Logger, beats *pulse) {
	began, part := p.now(), "export "+e.Path
	beat := func() { beats.owe(part, stillExport) }
	beat()
	defer beats.owe(part, 0)
	path := newPath(e.Path, began)
	log = log.With("what", e.What, "path", path)
	told, written := exported{}, false
	err := exportAll(ctx, request(e), s, store, &told, func(write func(io.Writer) error) error {
		written = true
		return export.ToFile(path, 0o600, func(w io.Writer) error { return write(beatingWriter{w, beat}) })
	})
	switch {
	case err != nil && ctx.Err() == nil:
		log.Error("export failed, the file stays as it was", "err", err)
	case err == nil && written:
		log.Info("exported", "rows", told.rows, "again", told.again, "took", p.now().Sub(began).Round(time.Millisecond))
	}
	if err == nil && told.otherwise {
		log.Warn("the last export of this cursor had other filters: what they left out before is not written; a new cursor begins with everything")
	}
	if err == nil && told.left > 0 {
		log.Warn("released contacts are not in a list for a provider: tell it of them by hand", "contacts", told.left, "shape", e.Shape)
	}
}

// runExports writes files on their schedules until ctx is done and those in hand have
// ended.
func runExports(ctx context.Context, timer *cron.Cron, first []func(), beats *pulse, now func() time.Time) error {
	var missing sync.WaitGroup
	for _, write := range first {
		missing.Go(write)
	}
	beat := func() { beats.owe("exports", stillSchedule) }
	beat()
	timer.Schedule(cron.Every(beatEvery), cron.FuncJob(beat))
	if err := keepTime(ctx, timer, now, nil); err != nil {
		return err
	}
	<-timer.Stop().Done()
	missing.Wait()
	return nil
}
