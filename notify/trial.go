package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"bouncehound"
)

// Test sends a signed event of type webhook.test, which is not stored, also to a
// paused endpoint. It returns nil if the endpoint took it.
func (s *Sender) Test(ctx context.Context) error {
	id := make([]byte, 16)
	rand.Read(id) // never fails
	data, err := json.Marshal(map[string]string{
		"endpoint": s.name,
		"message":  "A test event. If its signature is valid, this endpoint is ready.",
	})
	if err != nil {
		return fmt.Errorf("webhook %s: test: %w", s.name, err)
	}
	o := s.post(ctx, bouncehound.Event{
		ID:   "evt_" + hex.EncodeToString(id),
		Type: bouncehound.WebhookTest,
		At:   time.Now().UTC().Truncate(time.Second),
		Data: data,
	})
	if o.fate != taken {
		return fmt.Errorf("webhook %s: test: %w", s.name, o.err)
	}
	return nil
}
