package notify

import (
	"math/rand/v2"
	"time"

	"bouncehound"
)

const (
	firstBackoff = 10 * time.Second
	lastBackoff  = time.Hour
)

// backoff is how long to wait after a number of failed attempts: about 10 s after
// the first, twice that after each further one, an hour at most. Up to half of it
// is taken off at random, lest all endpoints of a server that comes back, or all
// senders of one endpoint, call at once.
func backoff(attempts int) time.Duration {
	d := lastBackoff
	if attempts <= 9 {
		d = min(firstBackoff<<max(attempts-1, 0), lastBackoff)
	}
	return d - rand.N(d/2)
}

// attempting is a cursor as it is stored before a request goes out: as if the
// attempt had failed, so that a crash cannot make us hammer the endpoint.
func attempting(c bouncehound.Cursor, now time.Time) bouncehound.Cursor {
	c.Attempts++
	c.NextAt = now.Add(backoff(c.Attempts)).UTC()
	return c
}

// done is a cursor that has an event behind it.
func done(c bouncehound.Cursor, sequence int64) bouncehound.Cursor {
	c.Sequence = sequence
	c.Attempts = 0
	c.NextAt = time.Time{}
	c.LastError = ""
	return c
}

// untilDue returns how long to wait for the next attempt. A time too far ahead to
// be one of ours was written by a wrong clock.
func untilDue(c bouncehound.Cursor, now time.Time) time.Duration {
	if wait := c.NextAt.Sub(now); wait > 0 && wait <= maxRetryAfter+lastBackoff {
		return wait
	}
	return 0
}
