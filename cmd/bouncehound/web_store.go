package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/export"
	"bouncehound/web"
)

// A webStore is the store as applications ask it over HTTP.
type webStore struct {
	*db.DB
	settings *settings
}

// Contact implements web.Store.
func (s webStore) Contact(ctx context.Context, address string) (web.History, bool, error) {
	h, known, err := historyOf(ctx, s.settings, s.DB, address)
	all := web.History{Contact: h.Contact, Entry: h.Entry, Changes: h.Changes, Bounces: h.Bounces}
	for _, t := range h.Told {
		all.Told = append(all.Told, web.Told{At: t.At, ID: t.ID, Type: t.Type, Sequence: t.Sequence, Webhook: t.Consumer, State: string(t.State), Error: t.Error})
	}
	return all, known, err
}

func (s webStore) page(ctx context.Context, f db.BounceFilter) (page []bouncehound.Bounce, err error) {
	for b, err := range s.settings.withWords(s.DB.Bounces(ctx, f)) {
		if err != nil {
			return nil, err
		}
		page = append(page, b)
	}
	return page, nil
}

// Check implements web.Store. Addresses are read as those of a list are; what is none, or
// is several, may not be written to.
func (s webStore) Check(ctx context.Context, addresses []string) ([]web.Checked, error) {
	bare := slices.Clone(addresses)
	for i, a := range addresses {
		if one := export.Addresses(a); len(one) == 1 {
			bare[i] = one[0]
		}
	}
	checks, err := s.DB.Check(ctx, bare)
	if err != nil {
		return nil, err
	}
	checked := make([]web.Checked, len(checks))
	for i, c := range checks {
		checked[i] = web.Checked{Email: addresses[i], Mail: c.Mail && (c.Known || bouncehound.IsAddress(bare[i])), Entry: c.Entry}
		if c.Known {
			checked[i].Contact = &c.Contact
		}
	}
	return checked, nil
}

// Bounces implements web.Store.
func (s webStore) Bounces(ctx context.Context, after int64, limit int) ([]bouncehound.Bounce, int64, error) {
	page, err := s.page(ctx, db.BounceFilter{After: after, Limit: limit})
	if err != nil {
		return nil, after, err
	}
	if len(page) > 0 {
		return page, page[len(page)-1].ID, nil
	}
	last, err := s.LastBounce(ctx)
	if err == nil && after > last {
		err = fmt.Errorf("%w: the last bounce is %d", web.ErrGone, last)
	}
	return page, after, err
}

// Events implements web.Store.
func (s webStore) Events(ctx context.Context, after int64, types []bouncehound.EventType, limit int) ([]bouncehound.Event, int64, error) {
	events, upTo, err := s.Pending(ctx, bouncehound.Cursor{Consumer: "api", Sequence: after}, types, limit)
	if err != nil {
		return nil, 0, err
	}
	// Looked at afterwards: what is deleted in between is told too.
	first, err := s.FirstSequence(ctx)
	if err != nil {
		return nil, 0, err
	}
	last, err := s.LastSequence(ctx)
	switch {
	case err == nil && after > last:
		err = fmt.Errorf("%w: the last event is %d", web.ErrGone, last)
	case err == nil && after > 0 && first > after+1:
		err = fmt.Errorf("%w: the first event is %d", web.ErrGone, first)
	}
	return events, upTo, err
}

// Stand implements web.Store.
func (s webStore) Stand(ctx context.Context, address string, standing bouncehound.Standing, by, note string, force bool) (bouncehound.Contact, bool, error) {
	change := s.Suppress
	if standing == bouncehound.OK {
		change = s.Release
	}
	_, changed, err := change(ctx, address, db.By{Who: by, Note: note, Force: force})
	if errors.Is(err, db.ErrComplained) {
		err = web.ErrRefused
	}
	if err != nil {
		return bouncehound.Contact{}, false, err
	}
	c, known, err := s.DB.Contact(ctx, address)
	if !known {
		c = bouncehound.Contact{Email: address, Standing: bouncehound.OK}
	}
	return c, changed, err
}

// Answers implements web.Store.
func (s webStore) Answers(ctx context.Context) error {
	_, err := s.LastSequence(ctx)
	return err
}
