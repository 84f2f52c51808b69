package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"bouncehound/config"
	"bouncehound/notify"
)

// endsSoon is how long before its end something to log in with is told as bad: time
// enough to make a new one.
const endsSoon = 14 * 24 * time.Hour

// stepTimeout is how long a server may be silent while it is looked at.
const stepTimeout = 15 * time.Second

// mailbox goes the way of a poll of one mailbox.
func (c *checking) mailbox(m config.Mailbox) {
	quiet := slog.New(slog.DiscardHandler) // what it would warn of is told below
	one, err := c.p.pollerOf(m, c.settings.Store.Path, quiet, nothingRead{}, nil)
	if err != nil {
		c.wrong("mailbox", m.Name, "", err, "")
		return
	}
	one.DialTimeout, one.StallTimeout = stepTimeout, stepTimeout
	ctx, cancel := context.WithTimeout(c.ctx, 5*stepTimeout)
	defer cancel()
	for _, f := range one.Check(ctx) {
		step := f.Stage
		if f.Folder != "" {
			step += " " + f.Folder
		}
		if f.Err != nil {
			c.wrong("mailbox", m.Name, step, f.Err, "")
		} else {
			c.good("mailbox", m.Name, step, "%s", f.Text)
		}
	}
	state := webState{mailboxes: []config.Mailbox{m}, store: c.settings.Store.Path, watched: &watched{}}
	for _, one := range state.Credentials(c.ctx) {
		left := one.Ends.Sub(c.p.now())
		if one.Ends.IsZero() || one.Kind == "access_token" {
			continue
		}
		text := fmt.Sprintf("ends on %s, in %d days", one.Ends.UTC().Format(time.DateOnly), int(left.Hours()/24))
		if left < endsSoon {
			hint := "make a new one where the application is registered"
			if one.Kind == "sign_in" {
				hint = "bouncehound auth " + m.Name
			}
			c.wrong("mailbox", m.Name, one.Kind, errors.New(text), hint)
		} else {
			c.good("mailbox", m.Name, one.Kind, "%s", text)
		}
	}
}

// webhook sends a signed test event.
func (c *checking) webhook(w config.Webhook) {
	if err := testWebhook(c.ctx, w, slog.New(slog.DiscardHandler)); err != nil {
		if hint := notify.Hint(err); hint != "" {
			err = hintError{err, hint}
		}
		c.wrong("webhook", w.Name, "", err, "the endpoint must take it with a status of 2xx; bouncehound webhooks test "+w.Name+" sends another")
		return
	}
	c.good("webhook", w.Name, "", "took a signed test event")
}

// export looks at the folder of a scheduled export.
func (c *checking) export(e config.Export) {
	hint, err := within(c.ctx, c.fileTime, func(context.Context) (hint string, err error) {
		if info, err := os.Stat(e.Path); err == nil && info.IsDir() {
			return "path names the file to write", errors.New("is a folder")
		}
		return "make the folder, and let the user the daemon runs as write there; systemd's unit needs ReadWritePaths= for it (docs/csv.md)", writable(filepath.Dir(e.Path))
	})
	if err != nil {
		c.wrong("export", e.Path, "", err, hint)
		return
	}
	c.good("export", e.Path, "", "its folder can be written to")
}

// listener sees whether the daemon answers, or could listen where it is to.
func (c *checking) listener() {
	address := c.settings.Listen.Address
	if address == "" {
		return
	}
	if _, err := c.settings.listenToken(c.ctx); err != nil {
		c.wrong("listen", address, "token", err, "")
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", nil)
	if err != nil {
		c.wrong("listen", address, "", err, "")
		return
	}
	if answer, err := http.DefaultClient.Do(r); err == nil {
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			c.good("listen", address, "", "answers")
			return
		}
		c.wrong("listen", address, "", fmt.Errorf("/healthz answers %s", answer.Status), "another program may listen there, or the store does not answer: see the log")
		return
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		c.wrong("listen", address, "", err, "ss -ltnp tells who listens there")
		return
	}
	ln.Close()
	c.good("listen", address, "", "is free; the daemon will listen there")
}
