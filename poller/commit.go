package poller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bouncehound"
)

const (
	maxBatch       = 100                    // messages in a batch
	maxBatchSize   = maxHeldSize / 4        // octets of a batch, unless it is a single message
	maxPassed      = maxHeld                // messages and UIDs without one, in a batch
	maxBatchLinger = 200 * time.Millisecond // how long the first of a batch waits for more
)

// A handled message is one that the store has and the server may have to tidy up.
type handled struct {
	uid  uint32
	kind bouncehound.Kind
}

// A commit gathers items into batches and hands these to the handler.
type commit struct {
	poller  *Poller
	stretch stretch
	cursor  bouncehound.Place // the folder's; it moves where the stretch lets it
	result  *Result
	visit   *visit
	hold    *hold
	next    uint32 // no message has this UID or one above; 0 if not told
	last    uint32 // the highest UID that was done with
	done    []handled

	items    []item // gathered and not yet handled, in the order of their UIDs
	messages int
	size     int64
}

// run takes draughts until there are no more, and then handles what is left.
func (c *commit) run(ctx context.Context, in <-chan []item) error {
	linger := time.NewTimer(maxBatchLinger)
	linger.Stop()
	for {
		select {
		case items, more := <-in:
			if err := ctx.Err(); err != nil {
				return err
			}
			waiting := len(c.items) > 0
			for _, it := range items {
				if err := c.add(ctx, it); err != nil {
					return err
				}
			}
			if !more {
				return c.flush(ctx)
			}
			if !waiting && len(c.items) > 0 {
				linger.Reset(maxBatchLinger)
			}
		case <-linger.C:
			if err := c.flush(ctx); err != nil {
				return err
			}
		case <-c.hold.full:
			if len(in) == 0 {
				if err := c.flush(ctx); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// add gathers one more item, after what it would make too much was handled.
func (c *commit) add(ctx context.Context, it item) error {
	if c.messages == maxBatch || c.messages > 0 && c.size+it.held > maxBatchSize || len(c.items) == maxPassed {
		if err := c.flush(ctx); err != nil {
			return err
		}
	}
	c.items = append(c.items, it)
	c.size += it.held
	if !it.skip {
		c.messages++
	}
	return nil
}

// flush hands over what was gathered, once it is judged. The cursor moves to the last of it.
func (c *commit) flush(ctx context.Context) error {
	if len(c.items) == 0 {
		return nil
	}
	batch := make([]bouncehound.Judged, 0, c.messages)
	for _, it := range c.items {
		if !it.skip {
			<-it.judging.done
			batch = append(batch, it.judging.judged)
		}
	}
	upTo := c.cursor
	last := c.passed()
	if c.stretch.moves && last > 0 {
		upTo.UIDValidity, upTo.UID = c.stretch.validity, last
	}
	withheld, err := c.withhold(ctx)
	if err != nil {
		return err
	}
	kinds, err := c.poller.Handle(ctx, batch, upTo)
	if err != nil {
		return fmt.Errorf("record up to UID %d: %w", c.items[len(c.items)-1].uid, err)
	}
	if len(kinds) != len(batch) {
		return errors.New("the handler did not say of each message what it is")
	}
	for i, kind := range kinds {
		switch kind {
		case bouncehound.KindReport:
			c.result.Reports++
		case bouncehound.KindUnread:
			c.result.Unread++
		default:
			c.result.Other++
		}
		c.done = append(c.done, handled{batch[i].Message.Place.UID, kind})
	}
	if err := c.handedOver(ctx); err != nil {
		return err
	}
	c.result.Fetched += len(batch)
	c.result.Withheld += withheld
	c.result.Skipped += len(c.items) - len(batch) - withheld
	c.visit.handled += len(c.items)
	c.visit.read += len(batch)
	c.cursor, c.last = upTo, max(c.last, last)
	c.hold.take(len(c.items), c.size)
	clear(c.items)
	c.items, c.messages, c.size = c.items[:0], 0, 0
	return nil
}

// passed returns up to where the cursor may move. A message that is listed and not there
// has been expunged, unless the server has yet to give its UID to one: a listing may be
// wrong, and new messages would be taken for old ones.
func (c *commit) passed() (last uint32) {
	for _, it := range c.items {
		if !it.gone || it.uid < c.next {
			last = it.uid
		}
	}
	return last
}

// withhold tells the store what is withheld, before the cursor passes it.
func (c *commit) withhold(ctx context.Context) (n int, err error) {
	for _, it := range c.items {
		if it.refused == nil {
			continue
		}
		n++
		at := c.cursor
		at.UIDValidity, at.UID = c.stretch.validity, it.uid
		if err := c.poller.withhold(ctx, at, it.refused); err != nil {
			return n, err
		}
		if c.visit.care.tried == nil {
			c.visit.care.tried = make(map[uint32]bool)
		}
		c.visit.care.tried[it.uid] = true
	}
	return n, nil
}

// handedOver tells the store what is not withheld any more.
func (c *commit) handedOver(ctx context.Context) error {
	if !c.stretch.again {
		return nil
	}
	var uids []uint32
	for _, it := range c.items {
		if it.refused == nil {
			uids = append(uids, it.uid)
		}
	}
	return c.poller.Store.HandedOver(ctx, c.cursor.Mailbox, c.cursor.Folder, c.stretch.validity, uids)
}
