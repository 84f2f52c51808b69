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
	// MaxPerPoll is how many messages of a folder a poll reads; 0: all. Where more are
	// new, half of them (rounded down) are the newest, which come first, and the others
	// the oldest: what just came is acted on at once, and what waits gets its turn.
	MaxPerPoll int
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

// A Store remembers, between polls, how far a folder has been read, what is still to
// be tidied up, and what the server would not hand over.
type Store interface {
	// FolderCursor returns how far a folder has been read: the zero Place if never.
	FolderCursor(ctx context.Context, mailbox, folder string) (bouncehound.Place, error)
	// Untidied returns the copies handled under this UIDVALIDITY that Tidied was
	// never called for.
	Untidied(ctx context.Context, mailbox, folder string, validity uint32) ([]bouncehound.Copy, error)
	// Moving says that the server is about to be told to move these.
	Moving(ctx context.Context, mailbox, folder string, validity uint32, uids []uint32) error
	// Tidied says that these copies have been flagged, moved or deleted.
	Tidied(ctx context.Context, mailbox, folder string, validity uint32, uids []uint32) error

	// Recorded returns the UIDs above one that are recorded though the cursor has not
	// passed them, ascending.
	Recorded(ctx context.Context, mailbox, folder string, validity, above uint32) ([]uint32, error)
	// ReadAnew forgets the cursor and all copies: the server gives their UIDs to
	// other messages now.
	ReadAnew(ctx context.Context, mailbox, folder string) error

	// Withheld returns the messages that Withhold was called for and HandedOver was
	// not, in the order of their UIDs.
	Withheld(ctx context.Context, mailbox, folder string, validity uint32) ([]bouncehound.Withheld, error)
	// Withhold says that the server did not hand over a message. It is called before
	// the cursor passes it.
	Withhold(ctx context.Context, at bouncehound.Place, because string) error
	// HandedOver says that these are handled now, or gone from the server.
	HandedOver(ctx context.Context, mailbox, folder string, validity uint32, uids []uint32) error
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
	Judge func(bouncehound.Message) bouncehound.Judged
	// GaveUp says what stands for a message on which Judge has been at work for over a
	// minute, by the clock and by the time this process had of a processor. That call of
	// Judge is left to itself. Nil: it is waited for.
	GaveUp func(bouncehound.Message) bouncehound.Judged
	// Spent is the processor's time that this process has had; nil: as the system tells.
	Spent  func() time.Duration
	Handle Handler
	Log    *slog.Logger // nil: nothing is logged
	// DryRun leaves the inbox alone and asks the store for the cursors only. The
	// handler is called as ever; that it keeps nothing is its own affair.
	DryRun bool

	// Version is that of this program, which servers are told that want to know who logs
	// in (ID, RFC 2971); empty: they are told nothing.
	Version string

	// Dial opens the connection; nil: a net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// DialTimeout is how long the connection and TLS may take, and again how long
	// the greeting may take; 0: 30 seconds.
	DialTimeout time.Duration
	// StallTimeout is how long the server may be silent while it owes an answer;
	// 0: two minutes. A command may also not take longer in all than five times as
	// long plus what its octets need at 8 KiB a second.
	StallTimeout time.Duration
	// Tries is how many connections in a row may be lost without one more message
	// handled before the poll ends; 0: five.
	Tries int

	// SettleTime is how long a server may go on with a move after the connection is lost
	// on which it was told to; until then it is waited for; 0: a minute.
	SettleTime time.Duration

	refusals  refusals
	room      room
	odd       oddness
	notBefore time.Time // the server wants to be left alone until then
	cutOff    time.Time // a connection was lost
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
	// Withheld counts messages that the server lists and did not hand over. They are
	// not lost: the store remembers them and later polls ask for them again.
	Withheld int
	Lost     int // connections that were lost and taken up again
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
