package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/spf13/cobra"

	"bouncehound/config"
	"bouncehound/poller"
)

func (p *program) authCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "auth MAILBOX",
		Short: "Sign in for a mailbox by OAuth2, with a code entered in a browser",
		Long: `Signs in for a mailbox that is configured with flow = "device": shows an address and a
code, waits until somebody has opened the one in a browser, on any device, entered the
other and signed in, and keeps the token beside the store, for the daemon. A daemon that
runs takes the new token at its next poll. The other flows need no sign-in.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			s, err := p.storeSettings()
			if err != nil {
				return err
			}
			mailboxes, err := chosen(s.Mailboxes, names)
			if err != nil {
				return err
			}
			return p.authorize(cmd.Context(), s, mailboxes[0])
		},
	}
}

// authorize does the device flow for a mailbox.
func (p *program) authorize(ctx context.Context, s *settings, m config.Mailbox) error {
	if m.Auth != "oauth2" || m.OAuth2.Flow != string(poller.FlowDevice) {
		hint := `it logs in with a password; set auth = "oauth2" for another way`
		if m.Auth == "oauth2" {
			hint = fmt.Sprintf("the flow %q gets its tokens by itself: bouncehound poll --dry-run %s tries it", m.OAuth2.Flow, m.Name)
		}
		return usageError{fmt.Errorf("mailbox %q needs no sign-in", m.Name), hint}
	}
	// Before anybody signs in, and not after: a code is good once.
	if err := tokensOf(s.Store.Path, m.Name).makeFolder(); err != nil {
		return hintError{err, "the token is kept beside the store: make the store's folder, and run this as the user the daemon runs as"}
	}
	source := oauth2Source(m, s.Store.Path, p.logger(s.Log).With("mailbox", m.Name))
	err := source.Authorize(ctx, func(prompt poller.Prompt) {
		fmt.Fprintf(p.stdout, "Open this address in a browser, on any device:\n\n    %s\n\nand enter this code within %v:\n\n    %s\n\nSign in as who may read %s.\n",
			printable(prompt.URL), prompt.Within, printable(prompt.Code), m.Username)
		fmt.Fprintln(p.stderr, "waiting …")
	})
	if err != nil {
		return fmt.Errorf("mailbox %q: %w", m.Name, err)
	}
	fmt.Fprintf(p.stdout, "Signed in. The token is kept in %s.\n", tokensOf(s.Store.Path, m.Name).path)
	return nil
}

// tokenSource returns what gives access tokens for a mailbox; nil where it logs in
// with a password.
func tokenSource(m config.Mailbox, storePath string, log *slog.Logger, w *watched) func(ctx context.Context, refused string) (string, error) {
	if m.Auth != "oauth2" {
		return nil
	}
	if m.OAuth2.Flow == "command" {
		return func(ctx context.Context, _ string) (string, error) {
			token, err := m.OAuth2.Token.Read(ctx)
			if err != nil {
				return "", &poller.Error{Stage: "login", Hint: "check token_command or token_file", Err: err}
			}
			return token, nil
		}
	}
	source := oauth2Source(m, storePath, log)
	return func(ctx context.Context, refused string) (string, error) {
		token, err := source.Token(ctx, refused)
		w.tokenEnds(m.Name, source.Expires())
		return token, err
	}
}

func oauth2Source(m config.Mailbox, storePath string, log *slog.Logger) *poller.OAuth2 {
	c := m.OAuth2
	secret := func(s config.Secret) poller.Secret {
		if !s.IsSet() {
			return nil
		}
		return s.Read
	}
	return &poller.OAuth2{
		Flow: poller.Flow(c.Flow), Name: m.Name, Username: m.Username, ClientID: c.ClientID,
		ClientSecret: secret(c.ClientSecret), SecretEnds: c.ClientSecretExpires,
		Certificate: secret(c.Certificate), CertificateKey: secret(c.CertificateKey),
		ServiceAccount: secret(c.ServiceAccount), RefreshToken: secret(c.RefreshToken),
		TokenURL: c.TokenURL, DeviceURL: c.DeviceURL, Scopes: c.Scopes, Probe: c.Provider == "custom",
		Store: tokensOf(filepath.Clean(storePath), m.Name), Log: log,
	}
}
