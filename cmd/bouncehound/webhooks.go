package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/notify"
)

func (p *program) webhooksCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "webhooks",
		Short: "Look after the webhook endpoints",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.webhooksListCommand(), p.webhooksTestCommand(),
		p.webhooksRetryCommand(), p.webhooksRewindCommand(), p.webhooksResumeCommand(), p.webhooksSkipCommand(), p.webhooksDropCommand())
	return cmd
}

func (p *program) webhooksListCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the endpoints with their lag and dead letters",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			states, err := webhookStates(cmd.Context(), s.Webhooks, store)
			if err != nil {
				return err
			}
			return p.printWebhooks(out, states)
		},
	}
	out.flag(cmd)
	return cmd
}

// A webhookState is an endpoint as the verb prints it.
type webhookState struct {
	Name        string `json:"name"`
	Sequence    int64  `json:"sequence"` // of the last event it is done with
	Lag         int64  `json:"lag"`      // events that are for it and still to come
	DeadLetters int    `json:"dead_letters"`
	Skipped     int    `json:"skipped,omitempty"` // for which its format has no counterpart
	Attempts    int    `json:"attempts,omitempty"`
	NextAt      string `json:"next_at,omitempty"`
	Paused      bool   `json:"paused,omitempty"`
	LastError   string `json:"last_error,omitempty"`
	Unknown     bool   `json:"not_configured,omitempty"`
	Kept        int64  `json:"kept,omitempty"`       // of one that is not configured: events that it has not passed
	KeptSince   string `json:"kept_since,omitempty"` // the first of them
}

// webhookStates returns the state of each configured endpoint, and of those that
// the store knows though the configuration does not any more.
func webhookStates(ctx context.Context, configured []config.Webhook, store *db.DB) ([]webhookState, error) {
	cursors, err := store.Cursors(ctx)
	if err != nil {
		return nil, err
	}
	last, err := store.LastSequence(ctx)
	if err != nil {
		return nil, err
	}
	var states []webhookState
	for _, w := range configured {
		if !slices.ContainsFunc(cursors, func(c bouncehound.Cursor) bool { return c.Consumer == w.Name }) {
			states = append(states, webhookState{Name: w.Name, Sequence: last, LastError: "no event yet: it begins with the next run or poll"})
		}
	}
	for _, c := range cursors {
		if db.IsExport(c.Consumer) {
			continue
		}
		letters, err := store.DeadLetters(ctx, c.Consumer)
		if err != nil {
			return nil, err
		}
		state := webhookState{
			Name: c.Consumer, Sequence: c.Sequence, DeadLetters: letters, Skipped: c.Skipped,
			Attempts: c.Attempts, NextAt: stamp(c.NextAt), Paused: c.Paused, LastError: lastError(c), Unknown: true,
		}
		for _, w := range configured {
			if w.Name != c.Consumer {
				continue
			}
			state.Unknown = false
			if state.Lag, _, err = store.Lag(ctx, c, notify.EventTypes(w.Format, w.Events)); err != nil {
				return nil, err
			}
		}
		if state.Unknown {
			var since time.Time
			if state.Kept, since, err = store.After(ctx, c.Sequence); err != nil {
				return nil, err
			}
			state.KeptSince = stamp(since)
		}
		states = append(states, state)
	}
	return states, nil
}

// lastError returns why events are held back. An attempt is written before it is made,
// as if it had failed: what is left of one in which the process died has no error.
func lastError(c bouncehound.Cursor) string {
	if c.Attempts > 0 && c.LastError == "" {
		return "the last attempt was broken off before an answer came, or is under way"
	}
	return c.LastError
}

func (p *program) printWebhooks(out output, states []webhookState) error {
	switch out {
	case outputJSON:
		e := jsonLines(p.stdout)
		for _, s := range states {
			if err := e.Encode(s); err != nil {
				return err
			}
		}
		return nil
	case outputCSV:
		w := newRecords(p.stdout, "name", "sequence", "lag", "dead_letters", "skipped", "attempts", "next_at", "paused", "last_error", "not_configured", "kept", "kept_since")
		for _, s := range states {
			if err := w.record(s.Name, fmt.Sprint(s.Sequence), fmt.Sprint(s.Lag), fmt.Sprint(s.DeadLetters), fmt.Sprint(s.Skipped), fmt.Sprint(s.Attempts), s.NextAt, fmt.Sprint(s.Paused), s.LastError, fmt.Sprint(s.Unknown), fmt.Sprint(s.Kept), s.KeptSince); err != nil {
				return err
			}
		}
		return nil
	}
	t := newTable(p.stdout, "NAME", "LAG", "DEAD LETTERS", "SKIPPED", "ATTEMPTS", "NEXT AT", "STATE")
	for _, s := range states {
		state := "ok"
		switch {
		case s.Unknown:
			state = unconfigured(s.Kept, s.KeptSince)
		case s.Paused:
			state = "paused: the endpoint answered 410"
		case s.LastError != "":
			state = s.LastError
		}
		t.row(s.Name, fmt.Sprint(s.Lag), fmt.Sprint(s.DeadLetters), fmt.Sprint(s.Skipped), fmt.Sprint(s.Attempts), s.NextAt, cut(state, 80))
	}
	return t.end()
}

func (p *program) webhooksTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test [NAME…]",
		Short: "Send a signed test event to endpoints",
		RunE: func(cmd *cobra.Command, names []string) error {
			s, err := p.settings()
			if err != nil {
				return err
			}
			if len(s.Webhooks) == 0 {
				return usageError{errors.New("no webhook is configured"), "add a [[webhook]] to the configuration"}
			}
			for _, name := range names {
				if !slices.ContainsFunc(s.Webhooks, func(w config.Webhook) bool { return w.Name == name }) {
					return usageError{fmt.Errorf("no webhook %q is configured", name), ""}
				}
			}
			var errs []error
			for _, w := range s.Webhooks {
				if len(names) > 0 && !slices.Contains(names, w.Name) {
					continue
				}
				if err := testWebhook(cmd.Context(), w, p.logger(s.Log)); err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintf(p.stdout, "%s: took the test event\n", w.Name)
			}
			return errors.Join(errs...)
		},
	}
}

// testWebhook sends a test event, which needs no store.
func testWebhook(ctx context.Context, w config.Webhook, log *slog.Logger) error {
	e, err := endpoint(ctx, w)
	if err != nil {
		return err
	}
	one, err := notify.New(e, nil, log)
	if err != nil {
		return err
	}
	return one.Test(ctx)
}
