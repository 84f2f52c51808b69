package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
)

func (p *program) messagesCommand() *cobra.Command {
	var out output
	var f db.MessageFilter
	var unread, raw, withheld bool
	var since string
	cmd := &cobra.Command{
		Use:   "messages [ID]",
		Short: "List the messages that were read, or print one",
		Long: `Lists what was read; with --unread, the reports that were not understood; with --withheld,
what was not read: messages that a server lists and does not hand over, with its words. With the ID of a message, or
the first digits of it, and --raw it prints the message's bytes.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := errors.Join(checkEmpty(cmd, "mailbox", "since"), checkLimit(f.Limit)); err != nil {
				return err
			}
			if f.Since, err = p.parseSince(since); err != nil {
				return err
			}
			if raw != (len(args) == 1) {
				return usageError{errors.New("--raw and the ID of a message go together"), "bouncehound messages lists the ids"}
			}
			if withheld && (raw || unread) {
				return usageError{errors.New("--withheld goes with neither --unread nor --raw"), "nothing is known of a message that was not handed over but where it lies"}
			}
			if unread {
				f.Kind = bouncehound.KindUnread
			}
			_, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			if withheld {
				return p.printWithheld(out, store.AllWithheld(cmd.Context(), f))
			}
			if !raw {
				return p.printMessages(out, store.Messages(cmd.Context(), f))
			}
			data, err := store.Raw(cmd.Context(), args[0])
			switch {
			case errors.Is(err, db.ErrAmbiguous):
				return hintError{err, "give more of its digits"}
			case errors.Is(err, db.ErrNotFound):
				return hintError{err, "bytes are kept of reports and of unread mail only, as store.raw and the retention say"}
			case err != nil:
				return err
			}
			_, err = p.stdout.Write(data)
			return err
		},
	}
	out.flag(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&unread, "unread", false, "only reports that were not understood")
	flags.BoolVar(&withheld, "withheld", false, "messages that a server lists and does not hand over")
	flags.StringVar(&f.Mailbox, "mailbox", "", "only of this mailbox")
	flags.StringVar(&since, "since", "", "read (or asked for) since: a date, a time or an age such as 7d")
	flags.IntVar(&f.Limit, "limit", 0, "at most so many (0: all)")
	flags.BoolVar(&raw, "raw", false, "print the bytes of the message ID")
	return cmd
}

// A messageRecord is a message as the verb prints it.
type messageRecord struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind"`
	Mailbox    string    `json:"mailbox,omitempty"`
	Folder     string    `json:"folder,omitempty"`
	UID        uint32    `json:"uid,omitempty"`
	Source     string    `json:"source,omitempty"`
	Size       int64     `json:"size"`
	ArrivedAt  time.Time `json:"arrived_at,omitzero"`
	MessageID  string    `json:"message_id,omitempty"`
	Format     string    `json:"format,omitempty"`
	Recipients int       `json:"recipients"`
	Notes      []string  `json:"notes,omitempty"`
}

func (p *program) printMessages(out output, rows func(func(db.StoredMessage, error) bool)) error {
	var row func(m messageRecord) error
	end := func() error { return nil }
	switch out {
	case outputJSON:
		e := jsonLines(p.stdout)
		row = func(m messageRecord) error { return e.Encode(m) }
	case outputCSV:
		w := newRecords(p.stdout, "id", "kind", "mailbox", "folder", "uid", "source", "size", "arrived_at", "message_id", "format", "recipients", "notes")
		row = func(m messageRecord) error {
			return w.record(m.ID, m.Kind, m.Mailbox, m.Folder, fmt.Sprint(m.UID), m.Source, fmt.Sprint(m.Size), stamp(m.ArrivedAt), m.MessageID, m.Format, fmt.Sprint(m.Recipients), strings.Join(m.Notes, "; "))
		}
	default:
		t := newTable(p.stdout, "ID", "KIND", "ARRIVED", "FOUND IN", "FORMAT", "RECIPIENTS", "SIZE", "NOTES")
		end = t.end
		row = func(m messageRecord) error {
			found := m.Source
			if m.Mailbox != "" {
				found = foundIn(bouncehound.Place{Mailbox: m.Mailbox, Folder: m.Folder, UID: m.UID})
			}
			t.row(cut(m.ID, 13), m.Kind, minute(m.ArrivedAt), found, m.Format, fmt.Sprint(m.Recipients), fmt.Sprint(m.Size), cut(strings.Join(m.Notes, "; "), 60))
			return nil
		}
	}
	for m, err := range rows {
		if err != nil {
			return errors.Join(end(), err)
		}
		err = row(messageRecord{m.ID, string(m.Kind), m.Mailbox, m.Folder, m.UID, m.Source, m.Size, m.ArrivedAt, m.MessageID, m.Format, m.Recipients, m.Notes})
		if err != nil {
			return err
		}
	}
	return end()
}

// stamp returns a time as records have it; empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
