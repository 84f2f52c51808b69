package main

import (
	"context"
	"errors"
	"fmt"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/poller"
)

// dryRun prints what lies in the mailboxes and would be recorded, each with its place
// as its source.
func (p *program) dryRun(ctx context.Context, s *settings, mailboxes []config.Mailbox, out output) error {
	var errs []error
	err := p.printBounces(out, func(yield func(bouncehound.Bounce, error) bool) {
		for _, m := range mailboxes {
			goOn, err := p.dryRunOf(ctx, s, m, yield)
			if err != nil {
				errs = append(errs, fmt.Errorf("mailbox %q: %w", m.Name, err))
			}
			if !goOn {
				return
			}
		}
	})
	return errors.Join(append([]error{err}, errs...)...)
}

// errEnough says that nobody wants to see more.
var errEnough = errors.New("enough was seen")

// dryRunOf yields what lies in one mailbox. goOn is false when nobody wants to see more.
func (p *program) dryRunOf(ctx context.Context, s *settings, m config.Mailbox, yield func(bouncehound.Bounce, error) bool) (goOn bool, err error) {
	j := s.judge(p, &m)
	goOn = true
	one, err := p.pollerOf(m, s.Store.Path, p.logger(s.Log).With("mailbox", m.Name), nothingRead{}, func(_ context.Context, batch []bouncehound.Judged, _ bouncehound.Place) ([]bouncehound.Kind, error) {
		kinds := make([]bouncehound.Kind, len(batch))
		for i, judged := range batch {
			kinds[i] = bouncehound.KindOther
			for _, b := range j.lines(judged.Message) {
				b.Source = foundIn(judged.Message.Place)
				if goOn = goOn && yield(b, nil); !goOn {
					return nil, errEnough
				}
			}
		}
		return kinds, nil
	})
	if err != nil {
		return true, err
	}
	one.DryRun = true
	if _, err = one.Poll(ctx); !goOn {
		return false, nil
	}
	return true, err
}

// foundIn says where a message lies, in one word.
func foundIn(p bouncehound.Place) string {
	return fmt.Sprintf("%s/%s;UID=%d", p.Mailbox, p.Folder, p.UID)
}

// nothingRead is the store of a dry run, which asks it for no more: every message is
// new.
type nothingRead struct{ poller.Store }

func (nothingRead) FolderCursor(context.Context, string, string) (bouncehound.Place, error) {
	return bouncehound.Place{}, nil
}

func (nothingRead) Recorded(context.Context, string, string, uint32, uint32) ([]uint32, error) {
	return nil, nil
}

func (nothingRead) Withheld(context.Context, string, string, uint32) ([]bouncehound.Withheld, error) {
	return nil, nil
}

// Withhold remembers nothing; the log tells of it.
func (nothingRead) Withhold(context.Context, bouncehound.Place, string) error { return nil }
