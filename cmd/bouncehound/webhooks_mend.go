package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/notify"
)

// mendCommand is a verb that does something about one configured endpoint. take is
// how many words follow its name.
func (p *program) mendCommand(cmd *cobra.Command, take int, mend func(ctx context.Context, store *db.DB, e notify.Endpoint, words []string) error) *cobra.Command {
	cmd.Args = cobra.ExactArgs(1 + take)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, store, err := p.existingStore(cmd.Context())
		if err != nil {
			return err
		}
		defer store.Close()
		i := slices.IndexFunc(s.Webhooks, func(w config.Webhook) bool { return w.Name == args[0] })
		if i < 0 {
			return usageError{fmt.Errorf("no webhook %q is configured", args[0]), "bouncehound webhooks list shows them"}
		}
		e, err := endpoint(cmd.Context(), s.Webhooks[i])
		if err != nil {
			return err
		}
		return mend(cmd.Context(), store, e, args[1:])
	}
	return cmd
}

func (p *program) webhooksRetryCommand() *cobra.Command {
	return p.mendCommand(&cobra.Command{
		Use:   "retry NAME",
		Short: "Send the dead letters of an endpoint again",
		Long: `Sends the events that the endpoint refused once more, in order. One about a contact
of which a later event exists is superseded: it is dropped and never sent.`,
	}, 0, func(ctx context.Context, store *db.DB, e notify.Endpoint, _ []string) error {
		one, err := notify.New(e, store, nil)
		if err != nil {
			return usageError{err, ""}
		}
		sent, superseded, err := one.Retry(ctx)
		fmt.Fprintf(p.stdout, "%s: %s sent, %d superseded\n", e.Name, count(sent, "dead letter"), superseded)
		return err
	})
}

func (p *program) webhooksRewindCommand() *cobra.Command {
	return p.mendCommand(&cobra.Command{
		Use:   "rewind NAME SEQUENCE",
		Short: "Set the cursor of an endpoint back, so that later events are sent again",
		Long:  `The event after SEQUENCE comes next; 0 is the beginning. Ids stay as they were.`,
	}, 1, func(ctx context.Context, store *db.DB, e notify.Endpoint, words []string) error {
		sequence, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil || sequence < 0 {
			return usageError{fmt.Errorf("%q is no sequence", words[0]), "a number from 0; the data of contact.* events holds it"}
		}
		if _, err := store.OpenCursor(ctx, e.Name, e.Start); err != nil {
			return err
		}
		if err := store.Rewind(ctx, e.Name, sequence); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%s: goes on after event %d\n", e.Name, sequence)
		return nil
	})
}

func (p *program) webhooksResumeCommand() *cobra.Command {
	return p.mendCommand(&cobra.Command{
		Use:   "resume NAME",
		Short: "Send again to an endpoint that answered 410, or without waiting",
	}, 0, func(ctx context.Context, store *db.DB, e notify.Endpoint, _ []string) error {
		one, err := notify.New(e, store, nil)
		if err != nil {
			return usageError{err, ""}
		}
		c, err := one.Resume(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%s: resumed after event %d\n", e.Name, c.Sequence)
		return nil
	})
}

func (p *program) webhooksSkipCommand() *cobra.Command {
	return p.mendCommand(&cobra.Command{
		Use:   "skip NAME",
		Short: "Make the event at the head a dead letter and go on with the next",
	}, 0, func(ctx context.Context, store *db.DB, e notify.Endpoint, _ []string) error {
		one, err := notify.New(e, store, nil)
		if err != nil {
			return usageError{err, ""}
		}
		head, err := one.Skip(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%s: event %d (%s) is a dead letter now\n", e.Name, head.Sequence, head.Type)
		return nil
	})
}

func (p *program) webhooksDropCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "drop NAME",
		Short: "Forget a webhook that is not configured any more",
		Long: `Events are kept until every endpoint has passed them, also one that was taken out of the
configuration: it may come back. This forgets how far it has read and its dead letters.
Configured again it is one first seen. A daemon that runs must have been reloaded.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			if slices.ContainsFunc(s.Webhooks, func(w config.Webhook) bool { return w.Name == args[0] }) {
				return usageError{fmt.Errorf("the webhook %q is configured", args[0]), "take it out of the configuration, and reload the daemon, first"}
			}
			letters, err := store.DropCursor(cmd.Context(), args[0])
			if errors.Is(err, db.ErrNotFound) {
				return usageError{fmt.Errorf("no webhook %q was ever sent to", args[0]), "bouncehound webhooks list shows them"}
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "%s: dropped, with %s\n", args[0], count(letters, "dead letter"))
			return nil
		},
	}
}
