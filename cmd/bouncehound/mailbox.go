package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/poller"
)

// newPoller wires the poller of one mailbox to the one path that messages take.
func (p *program) newPoller(s *settings, m config.Mailbox, store *db.DB, log *slog.Logger, wake func()) (*poller.Poller, error) {
	log = log.With("mailbox", m.Name)
	in := ingest{judge: s.judge(p, &m), store: store, policy: s.Policy, wake: wake}
	in.tell = func(j bouncehound.Judged, r db.Recorded) {
		logMessage(log, s.Log.Addresses, j, r)
		p.watched.message(m.Name, j, r)
	}
	tidy := tidied(m.Poll)
	one, err := p.pollerOf(m, s.Store.Path, log, store, func(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
		recorded, err := in.take(ctx, batch, upTo, tidy...)
		if err != nil {
			return nil, err
		}
		kinds := make([]bouncehound.Kind, len(recorded))
		for i, r := range recorded {
			kinds[i] = r.Kind
		}
		p.patience.recorded()
		return kinds, nil
	})
	if err == nil {
		one.Judge = func(m bouncehound.Message) bouncehound.Judged {
			judged := in.judge.message(m)
			store.Prepare(&judged) // many at a time, and not while the one transaction waits
			return judged
		}
	}
	if err == nil && p.patience != nil {
		one.GaveUp = func(m bouncehound.Message) bouncehound.Judged {
			log.Error("the reading of a message does not end; it is kept as unread, please report it", "folder", m.Place.Folder, "uid", m.Place.UID)
			return p.patience.gaveUp(m)
		}
	}
	return one, err
}

// tidied returns the kinds of messages that a mailbox's configuration wants flagged,
// moved or deleted.
func tidied(c config.Poll) (kinds []bouncehound.Kind) {
	if c.After != string(poller.AfterKeep) {
		kinds = append(kinds, bouncehound.KindReport)
	}
	if c.Unread != string(poller.UnreadKeep) {
		kinds = append(kinds, bouncehound.KindUnread)
	}
	return kinds
}

func (p *program) pollerOf(m config.Mailbox, storePath string, log *slog.Logger, store poller.Store, handle poller.Handler) (*poller.Poller, error) {
	roots, err := certificates(m)
	if err != nil {
		return nil, err
	}
	return &poller.Poller{
		Mailbox: poller.Mailbox{
			Name: m.Name, Host: m.Host, TLS: poller.TLSMode(m.TLS), RootCAs: roots,
			Username: m.Username, Password: m.Password.Read, Token: tokenSource(m, storePath, log, p.watched),
			Folders: m.Poll.Folders, Since: m.Poll.Since,
			After: poller.After(m.Poll.After), MoveTo: m.Poll.MoveTo,
			Unread: poller.Unread(m.Poll.Unread), UnreadTo: m.Poll.UnreadTo,
			MaxMessageSize: m.Poll.MaxMessageSize, MaxPerPoll: m.Poll.MaxPerPoll,
		},
		Store: store, Handle: handle, Log: log, Version: version(),
	}, nil
}

// logMessage writes the one line of a message: one for each recipient it spoke of.
func logMessage(log *slog.Logger, clear bool, j bouncehound.Judged, r db.Recorded) {
	log = log.With("folder", j.Message.Place.Folder, "uid", j.Message.Place.UID)
	outcome := string(r.Kind)
	if !r.New {
		outcome = "seen before"
	}
	if r.Err != nil {
		log.Error("message could not be recorded as judged", "outcome", "unread", "err", r.Err)
		return
	}
	if len(j.Bounces) == 0 {
		log.Info("message", "action", bouncehound.NoAction, "outcome", outcome)
		return
	}
	for _, b := range j.Bounces {
		log.Info("message", "action", b.Action, "recipient", logged(b.Address, clear), "class", b.Class, "reason", b.Reason, "rule", b.Rule, "outcome", outcome)
	}
}

// logged returns an address as a log may show it: in clear only where the
// configuration says so, else the first 12 digits of the SHA-256 of its key.
func logged(address string, clear bool) string {
	if clear || address == "" {
		return address
	}
	sum := sha256.Sum256([]byte(bouncehound.Key(address)))
	return hex.EncodeToString(sum[:6])
}
