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
// of an address that cannot be. Where a template makes nothing of that, it is a sample of
// the first type of which it does. It returns nil if the endpoint took it.
func (s *Sender) Test(ctx context.Context) error {
	id := make([]byte, 16)
	rand.Read(id) // never fails
	at := time.Now().UTC().Truncate(time.Second)
	events := []bouncehound.Event{sampleEvent(bouncehound.BounceRecorded, at, sampleBounce(at))}
	if _, ours := s.format.(standard); ours {
		events[0] = sampleEvent(bouncehound.WebhookTest, at, map[string]string{
			"endpoint": s.name,
			"message":  "A test event. If its signature is valid, this endpoint is ready.",
		})
	}
	for _, kind := range s.types {
		events = append(events, samples(kind)[0])
	}
	o := outcome{fate: skipped}
	for _, e := range events {
		e.ID, e.At = "evt_"+hex.EncodeToString(id), at
		if o = s.post(ctx, e); o.fate != skipped {
			break
		}
	}
	if o.fate == skipped {
		o.err = errors.New("the template makes nothing of any event, so there is nothing to test with")
	}
	if o.fate != taken {
		return fmt.Errorf("webhook %s: test: %w", s.name, o.err)
	}
	return nil
}
