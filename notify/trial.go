package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"bouncehound"
)

// Test sends a signed event that is not stored, also to a paused endpoint: of type
// webhook.test, or in a dialect or a template, which have no such thing, a soft bounce
// of an address that cannot be. It returns nil if the endpoint took it.
func (s *Sender) Test(ctx context.Context) error {
	id := make([]byte, 16)
	rand.Read(id) // never fails
	at := time.Now().UTC().Truncate(time.Second)
	e := sampleEvent(bouncehound.BounceRecorded, at, sampleBounce(at))
	if _, ours := s.format.(standard); ours {
		e = sampleEvent(bouncehound.WebhookTest, at, map[string]string{
			"endpoint": s.name,
			"message":  "A test event. If its signature is valid, this endpoint is ready.",
		})
	}
	e.ID = "evt_" + hex.EncodeToString(id)
	o := s.post(ctx, e)
	if o.fate == skipped {
		o.err = errors.New("the template makes nothing of a bounce, so there is nothing to test with")
	}
	if o.fate != taken {
		return fmt.Errorf("webhook %s: test: %w", s.name, o.err)
	}
	return nil
}
