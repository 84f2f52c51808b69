package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
)

func (p *program) forgetCommand() *cobra.Command {
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use:   "forget ADDRESS",
		Short: "Take an address out of the store, and keep it from being mailed",
		Long: `Takes an address out of the store: out of bounces, quoted originals, bytes of messages,
diagnostics, lists and delivered events. What stays is a keyed hash with the standing and
the dates and classes of its bounces, so that an address that is do_not_email stays so;
the key lies beside the store, in STORE.key. Events that a webhook has not taken yet are
blanked once it has. A run that is broken off is gone on with by the next one or by the
daemon. There is no way back. docs/privacy.md tells more.`,
		Example: `  bouncehound forget lena@example.com --dry-run
  bouncehound forget lena@example.com --yes`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !bouncehound.IsAddress(args[0]) {
				return usageError{fmt.Errorf("%q is no address", args[0]), "give the bare address: lena@example.com"}
			}
			_, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			would, err := store.Forget(cmd.Context(), args[0], true)
			if err != nil {
				return err
			}
			if dryRun {
				p.printForgotten("would be blanked", would)
				return nil
			}
			if !yes {
				p.printForgotten("will be blanked", would)
				fmt.Fprintf(p.stderr, "Forget %s? There is no way back. [y/N] ", printable(args[0]))
				answer, _ := bufio.NewReader(p.stdin).ReadString('\n')
				if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
					return hintError{errors.New("nothing was forgotten"), "answer y, or add --yes"}
				}
			}
			done, err := store.Forget(cmd.Context(), args[0], false)
			if errors.Is(err, db.ErrNoKey) {
				return hintError{err, "put it back from your copy: addresses that were forgotten before depend on it"}
			}
			if err != nil && cmd.Context().Err() != nil {
				return hintError{err, "what was not looked through yet is, by the next forget or the daemon"}
			}
			if err != nil {
				return err
			}
			p.printForgotten("blanked", done)
			fmt.Fprintf(p.stdout, "the address stays %s; keep a copy of the file STORE.key\n", done.Standing)
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only tell what would be blanked")
	return cmd
}

func (p *program) printForgotten(what string, f db.Forgotten) {
	fmt.Fprintf(p.stdout, "%s: %s, %s elsewhere, the bytes of %s, %s", what, count(f.Bounces, "bounce"), count(f.Texts, "mention"), count(f.Raw, "message"), count(f.Events, "event"))
	if f.Waiting > 0 {
		fmt.Fprintf(p.stdout, "; %s once delivered", count(f.Waiting, "event"))
	}
	fmt.Fprintln(p.stdout)
	for _, a := range f.Tagged {
		fmt.Fprintf(p.stdout, "%s is another address and stays; forget it too if it is meant\n", printable(a))
	}
}
