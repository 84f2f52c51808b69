package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bouncehound/systemd"
)

//go:embed mailboxes/*.toml
var mailboxes embed.FS

// providers are those that a configuration is written for.
var providers = []string{"dovecot", "microsoft", "google", "custom"}

func (p *program) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Make a configuration", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(p.configInitCommand())
	return cmd
}

func (p *program) configInitCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "init [dovecot|microsoft|google|custom]",
		Short: "Print a commented configuration to start from",
		Long: `Prints a commented configuration for one kind of mailbox: dovecot (any server that takes a
password), microsoft (Microsoft 365), google (Workspace), custom (OAuth2 of another provider).
--out writes it to a file, which must not be there yet, for its owner and group only.`,
		Example:   "  bouncehound config init microsoft --out /etc/bouncehound/bouncehound.toml",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: providers,
		RunE: func(_ *cobra.Command, args []string) error {
			provider := append(args, providers[0])[0]
			text, err := configFor(provider)
			if err != nil {
				return err
			}
			if out == "" {
				fmt.Fprint(p.stdout, text)
				return nil
			}
			f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
			if errors.Is(err, fs.ErrExist) {
				return hintError{fmt.Errorf("%s is there already", out), "without --out it is printed"}
			}
			if err != nil {
				return fmt.Errorf("write the configuration: %w", err)
			}
			_, err = f.WriteString(text)
			if err = errors.Join(err, f.Close()); err != nil {
				return fmt.Errorf("write the configuration: %w", err)
			}
			fmt.Fprintf(p.stderr, "%s is written; fill in what names example.com, then: bouncehound poll --dry-run\n", out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`file` to write to")
	return cmd
}

// configFor returns the commented configuration with one provider's mailbox in place of the
// examples of all.
func configFor(provider string) (string, error) {
	if !slices.Contains(providers, provider) {
		return "", usageError{fmt.Errorf("no provider %q", provider), "there are " + strings.Join(providers, ", ")}
	}
	mailbox, err := mailboxes.ReadFile("mailboxes/" + provider + ".toml")
	if err != nil {
		return "", fmt.Errorf("read the example: %w", err)
	}
	head, rest, found := strings.Cut(systemd.Configuration, "# One [[mailbox]] for each account")
	_, poll, found2 := strings.Cut(rest, "\n\n[mailbox.poll]\n")
	poll, _, found3 := strings.Cut(poll, "# A mailbox of Microsoft 365")
	_, tail, found4 := strings.Cut(rest, "# When a contact becomes do_not_email")
	if !found || !found2 || !found3 || !found4 {
		return "", errors.New("the commented configuration has other sections than this verb knows")
	}
	return head + string(mailbox) + "\n[mailbox.poll]\n" + poll + "# When a contact becomes do_not_email" + tail, nil
}
