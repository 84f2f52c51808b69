// Package poller takes what is new out of the folders of an IMAP mailbox and hands
// it to a handler, in batches and in the order of the UIDs. When the handler has
// kept a batch, and only then, the messages it names are flagged, moved or deleted.
//
// It knows nothing of bounces: the handler says of each message whether it is a
// report, an unread one or something else, and what is something else is never
// touched. Folders are read with EXAMINE and tidied with SELECT.
package poller

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"bouncehound"
)

// A Mailbox is one account on an IMAP server and what to do in it.
type Mailbox struct {
	Name     string         // for people and for the store
	Host     string         // host:port
	TLS      TLSMode        // empty: implicit
	RootCAs  *x509.CertPool // who may sign the server's certificate; nil: whom the system trusts
	Username string
	Password func(context.Context) (string, error) // asked for at each login
	// Token is asked for at each login instead of Password if it is set, and asked
	// again with the token that was refused. OAuth2.Token is one.
	Token func(ctx context.Context, refused string) (string, error)

	Folders        []string      // in UTF-8 with "/" between levels; none: INBOX
	Since          time.Duration // older messages, by INTERNALDATE, are left alone; 0: all are read
	After          After         // what becomes of reports; empty: keep
	MoveTo         string        // for AfterMove; created where missing
	Unread         Unread        // what becomes of unread reports; empty: keep
	UnreadTo       string        // for UnreadMove; created where missing
	MaxMessageSize int64         // octets; of larger messages only so much is read; 0: no limit
	MaxPerPoll     int           // messages of a folder, the oldest first; 0: all
}

// A TLSMode says how a connection is encrypted. Versions before TLS 1.2 are refused.
type TLSMode string

const (
	TLSImplicit TLSMode = "implicit" // from the start (RFC 8314), port 993
	TLSStartTLS TLSMode = "starttls" // begun in clear (RFC 9051 section 6.2.1), port 143
	TLSNone     TLSMode = "none"     // not at all; to loopback addresses only
)

// An After says what becomes of a report once it is kept.
type After string

const (
	AfterKeep   After = "keep"   // nothing: flags and order stay as they were
	AfterSeen   After = "seen"   // it is flagged \Seen
	AfterMove   After = "move"   // it goes to Mailbox.MoveTo; needs MOVE or UIDPLUS
	AfterDelete After = "delete" // it is expunged, and nothing else; needs UIDPLUS
)

// An Unread says what becomes of a report that was not understood, once it is kept.
type Unread string

const (
	UnreadKeep Unread = "keep" // nothing
	UnreadMove Unread = "move" // it goes to Mailbox.UnreadTo
)

// A Store remembers, between polls, how far a folder has been read and what is
// still to be tidied up.
type Store interface {
	// FolderCursor returns how far a folder has been read: the zero Place if never.
	FolderCursor(ctx context.Context, mailbox, folder string) (bouncehound.Place, error)
	// Untidied returns the copies handled under this UIDVALIDITY that Tidied was
	// never called for.
	Untidied(ctx context.Context, mailbox, folder string, validity uint32) ([]bouncehound.Copy, error)
	// Tidied says that these copies have been flagged, moved or deleted.
	Tidied(ctx context.Context, mailbox, folder string, validity uint32, uids []uint32) error
}

// A Handler keeps a batch of messages and the cursor upTo, in one commit, and
// returns the kind of each message in the order of the batch. After an error
// nothing of the batch was kept, and nothing is tidied up. The batch is empty
// where only the cursor moves, past messages that are too old or are gone.
//
// It is called by one goroutine at a time and may take its time: the poller reads
// ahead by a bounded amount and then waits.
type Handler func(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error)

// A Poller polls one mailbox. Mailbox, Store and Handle must be set.
type Poller struct {
	Mailbox Mailbox
	Store   Store
	// Judge reads and judges a message while others are fetched and kept. It is
	// called by several goroutines at a time and must not panic. Nil: the handler
	// gets messages that nobody has judged.
	Judge  func(bouncehound.Message) bouncehound.Judged
	Handle Handler
	Log    *slog.Logger // nil: nothing is logged
	// DryRun leaves the inbox alone and asks the store for the cursors only. The
	// handler is called as ever; that it keeps nothing is its own affair.
	DryRun bool

	// Dial opens the connection; nil: a net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// DialTimeout is how long the connection and TLS may take, and again how long
	// the greeting may take; 0: 30 seconds.
	DialTimeout time.Duration
	// StallTimeout is how long the server may be silent while it owes an answer;
	// 0: two minutes. A command may also not take longer in all than five times as
	// long plus what its octets need at 8 KiB a second.
	StallTimeout time.Duration
	// SettleTime is how long to wait before messages that a poll was cut off from
	// moving are moved, since the server may still be at it; 0: two seconds.
	SettleTime time.Duration
}

// A Result counts what one poll did, over all folders.
type Result struct {
	Seen    int // messages the server lists as new
	Fetched int // messages handed to the handler
	Reports int // of these, by kind
	Unread  int
	Other   int
	Tidied  int // copies flagged, moved or deleted, those left from earlier polls included
	Skipped int // new messages that are too old, or were gone before they could be read
}

// Poll polls every folder once. An error in one folder does not keep it from the
// others as long as the connection lives; the errors are joined, and those of IMAP
// are of type *Error. When ctx ends the connection is closed at once.
func (p *Poller) Poll(ctx context.Context) (Result, error) {
	var result Result
	if err := p.Mailbox.check(); err != nil {
		return result, err
	}
	s, err := p.enter(ctx)
	if err != nil {
		return result, err
	}
	defer s.close()
	if err := p.able(s); err != nil {
		return result, err
	}
	plan, err := p.plan(s)
	if err != nil {
		return result, err
	}
	var failed []error
	for _, f := range plan.folders {
		if err := p.pollFolder(ctx, s, plan, f, &result); err != nil {
			failed = append(failed, err)
		}
		if s.dead() {
			break
		}
	}
	s.logout()
	return result, errors.Join(failed...)
}

// check refuses what cannot work before anything is connected.
func (m Mailbox) check() error {
	if m.Password == nil && m.Token == nil {
		return errors.New("no password and no token is given")
	}
	switch m.TLS {
	case "", TLSImplicit, TLSStartTLS, TLSNone:
	default:
		return fmt.Errorf("tls %q: not one of implicit, starttls, none", m.TLS)
	}
	switch m.After {
	case "", AfterKeep, AfterSeen, AfterDelete:
	case AfterMove:
		if m.MoveTo == "" {
			return errors.New("after = move, but move_to names no folder")
		}
	default:
		return fmt.Errorf("after %q: not one of keep, seen, move, delete", m.After)
	}
	switch m.Unread {
	case "", UnreadKeep:
	case UnreadMove:
		if m.UnreadTo == "" {
			return errors.New("unread = move, but unread_to names no folder")
		}
	default:
		return fmt.Errorf("unread %q: not one of keep, move", m.Unread)
	}
	return nil
}

func (m Mailbox) folders() []string {
	if len(m.Folders) == 0 {
		return []string{"INBOX"}
	}
	return m.Folders
}

func (p *Poller) log() *slog.Logger {
	if p.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.Log
}
