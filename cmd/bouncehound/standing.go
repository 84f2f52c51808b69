package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
)

func (p *program) suppressCommand() *cobra.Command {
	return p.standingCommand(&cobra.Command{
		Use:   "suppress ADDRESS…",
		Short: "Set contacts to do_not_email by hand",
		Long: `Sets contacts to do_not_email until somebody releases them. The change is recorded
with who made it and why, and sent to the webhooks.`,
		Example: `  bouncehound suppress lena@example.com --note 'asked on the phone'`,
	}, (*db.DB).Suppress, "do_not_email already")
}

func (p *program) releaseCommand() *cobra.Command {
	return p.standingCommand(&cobra.Command{
		Use:   "release ADDRESS…",
		Short: "Let contacts be written to again",
		Long: `Sets contacts back to ok. Bounces that arrived before do not count any more; one
that arrives later does. The change is recorded with who made it and why, and sent
to the webhooks.`,
		Example: `  bouncehound release lena@example.com --note 'new mailbox, confirmed by phone'`,
	}, (*db.DB).Release, "not do_not_email, nothing to release")
}

type changeStanding = func(store *db.DB, ctx context.Context, address string, by db.By) (bouncehound.Change, bool, error)

// standingCommand completes a verb that changes the standing of addresses by hand;
// otherwise is what it says of an address that did not change.
func (p *program) standingCommand(cmd *cobra.Command, change changeStanding, otherwise string) *cobra.Command {
	var note, by string
	cmd.Args = cobra.MinimumNArgs(1)
	cmd.Flags().StringVar(&note, "note", "", "why, kept with the change")
	cmd.Flags().StringVar(&by, "by", "", "who (else $SUDO_USER or $USER)")
	cmd.RunE = func(cmd *cobra.Command, addresses []string) error {
		for _, a := range addresses {
			if !isAddress(a) {
				return usageError{fmt.Errorf("%q is no address", a), "give the bare address: lena@example.com"}
			}
		}
		if by == "" {
			by = firstOf(p.env("SUDO_USER"), p.env("USER"), "unknown")
		}
		_, store, err := p.existingStore(cmd.Context())
		if err != nil {
			return err
		}
		defer store.Close()
		var errs []error
		for _, a := range addresses {
			made, changed, err := change(store, cmd.Context(), a, db.By{Cause: bouncehound.CauseHand, Who: by, Note: note})
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("%s: %w", a, err))
			case changed:
				fmt.Fprintf(p.stdout, "%s: %s → %s\n", printable(a), made.Previous, made.Standing)
			default:
				fmt.Fprintf(p.stdout, "%s: %s\n", printable(a), otherwise)
			}
		}
		return errors.Join(errs...)
	}
	return cmd
}

// isAddress says whether a is a bare address, as people write it, with a quoted local
// part if need be (RFC 5321 section 4.1.2).
func isAddress(a string) bool {
	at := strings.LastIndex(a, "@")
	if at < 1 || at == len(a)-1 || strings.ContainsAny(a[at:], " \t\r\n<>\"") {
		return false
	}
	local := a[:at]
	if inner, ok := strings.CutPrefix(local, `"`); ok {
		return len(inner) > 1 && inner[len(inner)-1] == '"' && !strings.ContainsAny(inner, "\r\n")
	}
	return !strings.ContainsAny(local, " \t\r\n<>")
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
