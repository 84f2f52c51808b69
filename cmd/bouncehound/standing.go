package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/export"
)

// A standingRequest is what suppress or release is asked for.
type standingRequest struct {
	standing      bouncehound.Standing
	otherwise     string // what is said of an address that did not change
	domain, allow bool
	file          string
	layout        listLayout
	note, by      string
	dryRun, force bool
}

func (p *program) suppressCommand() *cobra.Command {
	return p.standingCommand(&cobra.Command{
		Use:   "suppress ADDRESS…",
		Short: "Set contacts to do_not_email by hand",
		Long: `Sets contacts to do_not_email until somebody releases them. The change is recorded
with who made it and why, and sent to the webhooks.

With --domain, what follows are domains never to mail: the standing of their contacts
stays as it is, and clean and the checks leave them out. With --allow it ends what
release --allow began: the address or domain may be flagged again, and is if its bounces
lead there.`,
		Example: `  bouncehound suppress lena@example.com --note 'asked on the phone'
  bouncehound suppress --file unsubscribed.txt --dry-run
  bouncehound suppress --domain competitor.example`,
	}, &standingRequest{standing: bouncehound.DoNotEmail, otherwise: "do_not_email already"})
}

func (p *program) releaseCommand() *cobra.Command {
	return p.standingCommand(&cobra.Command{
		Use:   "release ADDRESS…",
		Short: "Let contacts be written to again",
		Long: `Sets contacts back to ok. Bounces that arrived before do not count any more; one
that arrives later does. The change is recorded with who made it and why, and sent
to the webhooks. Who complained is released only with --force.

With --allow, what follows are addresses or domains never to flag: whom bounces have
flagged is released, and from now on their bounces add up to watch and no further. Only
a person can still set them to do_not_email. With --domain it ends what suppress --domain
began.`,
		Example: `  bouncehound release lena@example.com --note 'new mailbox, confirmed by phone'
  bouncehound release --file confirmed.csv --dry-run
  bouncehound release --allow our-partner.example`,
	}, &standingRequest{standing: bouncehound.OK, otherwise: "not do_not_email, nothing to release"})
}

// standingCommand completes a verb that changes standings or entries by hand.
func (p *program) standingCommand(cmd *cobra.Command, r *standingRequest) *cobra.Command {
	flags := cmd.Flags()
	flags.StringVar(&r.note, "note", "", "why, kept with the change")
	flags.StringVar(&r.by, "by", "", "who (else $SUDO_USER or $USER)")
	flags.StringVar(&r.file, "file", "", "take the addresses from `FILE`, one a line or a column of a list; - is the standard input")
	r.layout.flags(cmd, "column of the addresses in the file: its `NAME`, or its number from 1")
	flags.BoolVar(&r.dryRun, "dry-run", false, "only tell what would change")
	flags.BoolVar(&r.domain, "domain", false, "they are domains, never to be mailed")
	flags.BoolVar(&r.allow, "allow", false, "they are addresses or domains, never to be flagged")
	if r.standing == bouncehound.OK {
		flags.BoolVar(&r.force, "force", false, "also release those who complained")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		names, err := p.names(r, args)
		if err != nil {
			return err
		}
		s, store, err := p.existingStore(cmd.Context())
		if err != nil {
			return err
		}
		defer store.Close()
		by := db.By{Cause: bouncehound.CauseHand, Who: p.who(r.by), Note: r.note, Force: r.force, Try: r.dryRun}
		if r.domain || r.allow {
			return p.enter(cmd.Context(), s, store, r, names, by)
		}
		return p.stand(cmd.Context(), store, r, names, by)
	}
	return cmd
}

// who returns who gives the command.
func (p *program) who(by string) string {
	return firstOf(by, p.env("SUDO_USER"), p.env("USER"), "unknown")
}

// names returns the addresses or domains a verb is given, on the command line or in a
// file.
func (p *program) names(r *standingRequest, args []string) ([]string, error) {
	if r.domain && r.allow {
		return nil, usageError{errors.New("--domain and --allow are two things"), ""}
	}
	if (len(args) > 0) == (r.file != "") {
		return nil, usageError{errors.New("give addresses, or --file with some"), ""}
	}
	if r.file != "" {
		return p.namesOf(r)
	}
	for _, a := range args {
		if err := r.checkName(a, ""); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// checkName refuses what is not of the kind that was asked for; where says where it stood.
func (r *standingRequest) checkName(a, where string) error {
	switch isAddress, isDomain := bouncehound.IsAddress(a), bouncehound.CheckAddress("x@"+bouncehound.EntryKey(a)) == nil; {
	case r.domain && (isAddress || !isDomain):
		return usageError{fmt.Errorf("%s%q is no domain", where, a), "give the bare domain: example.com"}
	case r.allow && !isAddress && !isDomain:
		return usageError{fmt.Errorf("%s%q is neither an address nor a domain", where, a), "for example lena@example.com or example.com"}
	case !r.domain && !r.allow && !isAddress:
		return usageError{fmt.Errorf("%s%q is no address", where, a), "give the bare address: lena@example.com"}
	}
	return nil
}

// namesOf reads a file: a list with a column of addresses, or domains one a line. One
// name that is none refuses the file.
func (p *program) namesOf(r *standingRequest) (names []string, err error) {
	layout, err := r.layout.options()
	if err != nil {
		return nil, err
	}
	if (r.domain || r.allow) && layout.Columns == nil {
		layout.Columns = map[export.Field]string{export.FieldEmail: "1"}
	}
	layout.Domains = r.domain || r.allow
	in, err := p.openList(r.file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	for name, err := range export.Names(in, layout) {
		if err != nil {
			return nil, listError(err)
		}
		if err := r.checkName(name.Text, fmt.Sprintf("line %d: ", name.Line)); err != nil {
			return nil, err
		}
		names = append(names, name.Text)
	}
	return names, nil
}

// standAtOnce is how many standings are changed in one transaction.
const standAtOnce = 500

// stand lets addresses stand where the verb says.
func (p *program) stand(ctx context.Context, store *db.DB, r *standingRequest, addresses []string, by db.By) error {
	var errs []error
	complained := 0
	for len(addresses) > 0 {
		now := addresses[:min(len(addresses), standAtOnce)]
		addresses = addresses[len(now):]
		stood, err := store.Stand(ctx, r.standing, now, by)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for i, s := range stood {
			switch {
			case errors.Is(s.Err, db.ErrComplained):
				complained++
				fallthrough
			case s.Err != nil:
				errs = append(errs, fmt.Errorf("%s: %w", now[i], s.Err))
			case s.Changed:
				p.stood(p.stdout, now[i], s.Change, r.dryRun)
			default:
				fmt.Fprintf(p.stdout, "%s: %s\n", printable(now[i]), r.otherwise)
			}
		}
	}
	if complained > 0 {
		last := &errs[len(errs)-1]
		*last = hintError{*last, "--force releases them all the same"}
	}
	return errors.Join(errs...)
}

func (p *program) stood(w io.Writer, address string, c bouncehound.Change, dryRun bool) {
	would := ""
	if dryRun {
		would = " (dry run)"
	}
	fmt.Fprintf(w, "%s: %s → %s%s\n", printable(address), c.Previous, c.Standing, would)
}

// enter adds or ends entries.
func (p *program) enter(ctx context.Context, s *settings, store *db.DB, r *standingRequest, values []string, by db.By) error {
	kind, begins := bouncehound.EntryDomain, r.standing == bouncehound.DoNotEmail
	is, isNot := "never to be mailed", "may be mailed again"
	if r.allow {
		kind, begins = bouncehound.EntryAllow, !begins
		is, isNot = "never to be flagged", "may be flagged again"
	}
	for _, value := range values {
		var done db.EntryChange
		var err error
		said := is
		if begins {
			done, err = store.AddEntry(ctx, kind, value, by)
		} else {
			done, err = store.EndEntry(ctx, kind, value, s.Policy, by)
			said = isNot
		}
		if err != nil {
			return fmt.Errorf("%s: %w", value, err)
		}
		switch {
		case !done.Changed && begins:
			said += " already"
		case !done.Changed:
			said = "no such entry"
		case r.dryRun:
			said += " (dry run)"
		}
		fmt.Fprintf(p.stdout, "%s: %s\n", printable(value), said)
		for _, c := range done.Standings {
			p.stood(p.stdout, "  "+c.Email, c, r.dryRun)
		}
	}
	return nil
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
