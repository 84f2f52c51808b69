package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/notify"
)

// newSenders makes a sender for each configured webhook. Opening its cursor here
// fixes where an endpoint that is first seen starts, before anything is polled.
func newSenders(ctx context.Context, webhooks []config.Webhook, store *db.DB, log *slog.Logger) ([]*notify.Sender, error) {
	var senders []*notify.Sender
	for _, w := range webhooks {
		e, err := endpoint(ctx, w)
		if err != nil {
			return nil, err
		}
		one, err := notify.New(e, store, log)
		if err != nil {
			return nil, usageError{err, ""}
		}
		if _, err := store.OpenCursor(ctx, w.Name, e.Start); err != nil {
			return nil, fmt.Errorf("webhook %q: open its cursor: %w", w.Name, err)
		}
		senders = append(senders, one)
	}
	return senders, nil
}

// endpoint reads the secrets and the template of a webhook.
func endpoint(ctx context.Context, w config.Webhook) (notify.Endpoint, error) {
	e := notify.Endpoint{
		Name: w.Name, URL: w.URL, Format: w.Format, Username: w.Username,
		Events: w.Events, Start: w.Start, Timeout: w.Timeout, Headers: w.Headers,
	}
	for _, secret := range w.Secrets {
		value, err := secret.Read(ctx)
		if err != nil {
			return e, hintError{fmt.Errorf("webhook %q: read its secret: %w", w.Name, err), "docs/webhooks.md says what secret each format needs"}
		}
		e.Secrets = append(e.Secrets, value)
	}
	if w.Password.IsSet() {
		var err error
		if e.Password, err = w.Password.Read(ctx); err != nil {
			return e, fmt.Errorf("webhook %q: read its password: %w", w.Name, err)
		}
	}
	if w.TemplateFile != "" {
		text, err := os.ReadFile(w.TemplateFile)
		if err != nil {
			return e, usageError{fmt.Errorf("webhook %q: read its template: %w", w.Name, err), ""}
		}
		e.Template = string(text)
	}
	return e, nil
}
