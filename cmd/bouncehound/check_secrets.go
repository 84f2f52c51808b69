package main

import (
	"fmt"
	"os"

	"bouncehound/config"
)

// A namedSecret is a secret and whose it is.
type namedSecret struct {
	of, key string
	config.Secret
}

// secrets returns all secrets that are configured.
func (s *settings) secrets() (all []namedSecret) {
	add := func(of, key string, secret config.Secret) {
		if secret.IsSet() {
			all = append(all, namedSecret{of, key, secret})
		}
	}
	for _, m := range s.Mailboxes {
		add(m.Name, "password", m.Password)
		if o := m.OAuth2; o != nil {
			add(m.Name, "client_secret", o.ClientSecret)
			add(m.Name, "certificate", o.Certificate)
			add(m.Name, "certificate_key", o.CertificateKey)
			add(m.Name, "service_account", o.ServiceAccount)
			add(m.Name, "refresh_token", o.RefreshToken)
			add(m.Name, "token", o.Token)
		}
	}
	for _, w := range s.Webhooks {
		for _, secret := range w.Secrets {
			add(w.Name, "secret", secret)
		}
		add(w.Name, "password", w.Password)
	}
	add("listen", "token", s.Listen.Token)
	return all
}

// secrets looks whether each secret can be read, and by nobody else. What it says is of
// files and commands, never of what they hold.
func (c *checking) secrets() {
	for _, secret := range c.settings.secrets() {
		path, credential := secret.File()
		_, err := within(c.ctx, c.fileTime, secret.Read)
		switch {
		case err != nil && path != "":
			c.wrong("secret", secret.of, secret.key, err, "put it there, for the user the daemon runs as; where LoadCredential= gives it, only the service sees it: docs/operations.md says how to check from there")
		case err != nil:
			c.wrong("secret", secret.of, secret.key, err, "see what the command prints")
		case path == "":
			c.good("secret", secret.of, secret.key, "can be read")
		case credential:
			c.good("secret", secret.of, secret.key, "%s is a credential from systemd: after changing it, restart the service", path)
		default:
			c.closed("secret", secret.of, secret.key, path, 0o007)
		}
	}
	for _, m := range c.settings.Mailboxes {
		c.closed("secret", m.Name, "sign_in", tokensOf(c.settings.Store.Path, m.Name).path, 0o077)
	}
}

// closed looks whether a file that is there is closed to others.
func (c *checking) closed(part, name, step, path string, others os.FileMode) {
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	if mode := info.Mode().Perm(); mode&others != 0 {
		c.wrong(part, name, step, fmt.Errorf("others can read %s (mode %04o)", path, mode), fmt.Sprintf("chmod %o %s", mode&^others, path))
		return
	}
	c.good(part, name, step, "%s is closed to others", path)
}
