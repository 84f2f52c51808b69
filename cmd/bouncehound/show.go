package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/notify"
)

// A contactHistory is all that show tells of one contact.
type contactHistory struct {
	Contact bouncehound.Contact  `json:"contact"`
	Entry   *bouncehound.Entry   `json:"entry,omitempty"`
	Changes []bouncehound.Change `json:"changes"`
	Told    []db.Told            `json:"told,omitempty"`
	Bounces []bouncehound.Bounce `json:"bounces"`
}

func (p *program) showCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "show ADDRESS",
		Short: "Show one contact with its whole history",
		Long: `Shows a contact's standing, every change of it with who, when and why, which
webhooks were told, and every bounce with what it means and what to do.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, store, err := p.existingStore(ctx)
			if err != nil {
				return err
			}
			defer store.Close()
			h, known, err := historyOf(ctx, s, store, args[0])
			if err != nil {
				return err
			}
			if !known {
				return hintError{fmt.Errorf("nothing is known of %s", args[0]), "bouncehound list shows the known contacts"}
			}
			if out == outputJSON {
				return jsonLines(p.stdout).Encode(h)
			}
			if out == outputCSV {
				return p.printBounces(out, func(yield func(bouncehound.Bounce, error) bool) {
					for _, b := range h.Bounces {
						if !yield(b, nil) {
							return
						}
					}
				})
			}
			printHistory(p.stdout, h)
			return nil
		},
	}
	out.flag(cmd)
	return cmd
}

// historyOf returns all that is known of an address, and false if nothing is.
func historyOf(ctx context.Context, s *settings, store *db.DB, address string) (h contactHistory, known bool, err error) {
	h = contactHistory{Changes: []bouncehound.Change{}, Bounces: []bouncehound.Bounce{}}
	if address == "" {
		return h, false, nil // no filter at all, and so everybody's bounces
	}
	if h.Contact, known, err = store.Contact(ctx, address); err != nil {
		return h, false, err
	}
	if !known {
		h.Contact = bouncehound.Contact{Email: address, Standing: bouncehound.OK}
	}
	changes, err := store.Changes(ctx, address)
	if err != nil {
		return h, false, err
	}
	for _, c := range changes {
		if c.Bounce != nil {
			c.Bounce.Verdict = s.classifier.Words(c.Bounce.Verdict)
		}
		h.Changes = append(h.Changes, c)
	}
	for b, err := range s.withWords(store.Bounces(ctx, db.BounceFilter{Address: address, Repeats: true})) {
		if err != nil {
			return h, false, err
		}
		h.Bounces = append(h.Bounces, b)
	}
	if h.Told, err = store.Told(ctx, address, told(s)); err != nil {
		return h, false, err
	}
	checks, err := store.Check(ctx, []string{address})
	if err != nil {
		return h, false, err
	}
	h.Entry = checks[0].Entry
	return h, known || len(h.Bounces) > 0 || h.Entry != nil, nil
}

// told returns the endpoints and what they are told of.
func told(s *settings) map[string][]bouncehound.EventType {
	endpoints := map[string][]bouncehound.EventType{}
	for _, w := range s.Webhooks {
		endpoints[w.Name] = notify.EventTypes(w.Format, w.Events)
	}
	return endpoints
}
