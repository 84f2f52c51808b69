package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/notify"
	"bouncehound/poller"
)

func (p *program) pollCommand() *cobra.Command {
	var dryRun, wait bool
	var out output
	cmd := &cobra.Command{
		Use:   "poll [MAILBOX…]",
		Short: "Poll each mailbox once, deliver what is due, and exit",
		Long: `Polls every configured mailbox, or those named, once; sends the webhooks that are
due; and exits, 1 if a mailbox could not be read or a webhook is held back.
With --dry-run it reads what lies in the folders and prints what it would record,
touching neither inbox nor store.`,
		Example: `  bouncehound poll
  bouncehound poll --dry-run -o json bounces | jq .reason`,
		RunE: func(cmd *cobra.Command, names []string) error {
			if cmd.Flags().Changed("output") && !dryRun {
				return usageError{errors.New("--output is for --dry-run"), "a poll prints no records; messages and export do"}
			}
			s, err := p.settings()
			if err != nil {
				return err
			}
			if err := s.NeedMailboxes(s.path); err != nil {
				return err
			}
			mailboxes, err := chosen(s.Mailboxes, names)
			if err != nil {
				return err
			}
			p.holdMemory(len(mailboxes))
			if dryRun {
				return p.dryRun(cmd.Context(), s, mailboxes, out)
			}
			return p.pollOnce(cmd.Context(), s, mailboxes, wait)
		},
	}
	out.flag(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "touch neither inbox nor store")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for a poller that is at work on the store")
	return cmd
}

// chosen returns the mailboxes of these names; without names, all.
func chosen(all []config.Mailbox, names []string) ([]config.Mailbox, error) {
	if len(names) == 0 {
		return all, nil
	}
	var some []config.Mailbox
	for _, name := range names {
		i := slices.IndexFunc(all, func(m config.Mailbox) bool { return m.Name == name })
		if i < 0 {
			var known []string
			for _, m := range all {
				known = append(known, m.Name)
			}
			return nil, usageError{fmt.Errorf("no mailbox %q", name), "configured: " + strings.Join(known, ", ")}
		}
		some = append(some, all[i])
	}
	return some, nil
}

func (p *program) pollOnce(ctx context.Context, s *settings, mailboxes []config.Mailbox, wait bool) error {
	store, done, err := p.lockedStore(ctx, s, wait)
	if err != nil {
		return err
	}
	defer done()
	log := p.logger(s.Log)
	senders, err := newSenders(ctx, s.Webhooks, store, log)
	if err != nil {
		return err
	}
	var pollers []*poller.Poller
	for _, m := range mailboxes {
		one, err := p.newPoller(s, m, store, log, nil)
		if err != nil {
			return err
		}
		pollers = append(pollers, one)
	}
	errs := atOnce(pollers, func(one *poller.Poller) error { return pollMailbox(ctx, one, store, log) })
	if _, err := store.Sweep(ctx, s.Policy, nil); err != nil {
		errs = append(errs, fmt.Errorf("sweep: %w", err))
	}
	errs = append(errs, atOnce(senders, func(one *notify.Sender) error { return one.Deliver(ctx) })...)
	if err := retain(ctx, s, store, log, retainDaily, nil); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// atOnce calls f for each of all, side by side, and returns the errors.
func atOnce[T any](all []T, f func(T) error) []error {
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() { errs[i] = f(one) })
	}
	wg.Wait()
	return errs
}

// failingAfter is how many polls in a row fail before webhooks tell of it.
const failingAfter = 3

// pollMailbox polls one mailbox, logs how it went, and keeps count of failures.
func pollMailbox(ctx context.Context, one *poller.Poller, store *db.DB, log *slog.Logger) error {
	name := one.Mailbox.Name
	result, err := carefully(ctx, one)
	if err != nil {
		err = fmt.Errorf("mailbox %q: %w", name, err)
		if ctx.Err() != nil {
			return err // it was told to stop
		}
		return errors.Join(err, store.Failing(ctx, bouncehound.MailboxFailing, bouncehound.Alert{Mailbox: name, Error: err.Error()}, failingAfter))
	}
	counts := []any{"mailbox", name, "fetched", result.Fetched, "reports", result.Reports,
		"unread", result.Unread, "other", result.Other, "tidied", result.Tidied}
	if result.Withheld > 0 {
		counts = append(counts, "withheld", result.Withheld)
	}
	if result.Lost > 0 {
		counts = append(counts, "connections_lost", result.Lost)
	}
	log.Info("polled", counts...)
	return store.Working(ctx, bouncehound.MailboxFailing, name)
}

// carefully polls. That our own code fails in it is an error like another: the next
// poll may do better.
func carefully(ctx context.Context, one *poller.Poller) (result poller.Result, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("the poll failed, please report this: %v\n%s", broken, debug.Stack())
		}
	}()
	return one.Poll(ctx)
}
