package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/db"
)

func (p *program) reclassifyCommand() *cobra.Command {
	var out output
	var apply, reparse bool
	var since string
	cmd := &cobra.Command{
		Use:   "reclassify",
		Short: "Judge stored bounces again by today's rules",
		Long: `Judges every stored bounce again by today's rules and prints the verdicts that differ
and the contacts whose standing would change, with the reason. Nothing is changed
without --apply. With it the verdicts, the standings that follow and their events are
changed, an address at a time: what was interrupted goes on where it was the next time,
and a second time there is nothing left to do.

A do_not_email set by hand or by a list stays, and so does the standing of a contact
whose bounces are not all stored any more. No bounce is counted or sent twice.

With --reparse the kept bytes of reports are read again too, and reports that were not
understood and are now are recorded. A message whose bytes are not kept, or not whole, goes
by what was read when it came, judged by today's rules; how many there are and why is told
at the end, and with --output given they are listed.

It works beside a running daemon, which sends the events. Let a daemon that was
started with older rules load today's first (SIGHUP), or what it records meanwhile is
judged by those.`,
		Example: `  bouncehound reclassify
  bouncehound reclassify --reparse --since 30d --output csv
  bouncehound reclassify --apply`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			after, err := p.parseSince(since)
			if err != nil {
				return err
			}
			s, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			again := db.Rejudging{Judge: s.classifier.Classify, Policy: s.Policy, Since: after, Apply: apply}
			if reparse {
				again.Read = s.reader(p)
			}
			d := p.reclassifications(out, s.classifier.Why)
			d.list = cmd.Flags().Changed("output")
			again.Left = d.leave
			for r, rejudgeErr := range store.Rejudge(cmd.Context(), again) {
				if err = errors.Join(rejudgeErr, d.err); err == nil {
					err = d.print(r)
				}
				if err != nil {
					break
				}
			}
			if err == nil {
				err = d.err
			}
			err = errors.Join(d.end(), err) // what was changed is told, whatever came after
			fmt.Fprintln(p.stderr, d.summary(apply))
			if left := d.notReadAgain(); left != "" {
				fmt.Fprintln(p.stderr, left)
			}
			return err
		},
	}
	out.flag(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&apply, "apply", false, "make the changes and send their events")
	flags.BoolVar(&reparse, "reparse", false, "also read the kept bytes of messages again")
	flags.StringVar(&since, "since", "", "only what arrived since: a date, a time or an age such as 30d")
	return cmd
}

// reader returns what reads a stored message as its mailbox's poller would today.
func (s *settings) reader(p *program) func(bouncehound.Message) bouncehound.Judged {
	judges := map[string]judge{}
	return func(m bouncehound.Message) bouncehound.Judged {
		j, ok := judges[m.Place.Mailbox]
		if !ok {
			j = s.judge(p, s.mailboxNamed(m.Place.Mailbox))
			judges[m.Place.Mailbox] = j
		}
		return j.message(m)
	}
}

// mailboxNamed returns the configuration of a mailbox; nil of none.
func (s *settings) mailboxNamed(name string) *config.Mailbox {
	for i := range s.Mailboxes {
		if s.Mailboxes[i].Name == name {
			return &s.Mailboxes[i]
		}
	}
	return nil
}
