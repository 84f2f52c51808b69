// Package config reads the one configuration file, in TOML 1.0. It is strict: a
// key that is not known, a value that cannot be meant and a setting that would be
// without effect are problems, and all problems are told at once.
//
// A value is taken from the environment, else from the file, else it is the
// default. The variable of a key is BOUNCEHOUND_ and the key in upper case with
// "_" for every "." and every other character that is no letter or digit:
// BOUNCEHOUND_STORE_PATH, BOUNCEHOUND_MAILBOX_BOUNCES_POLL_SCHEDULE. An empty
// variable counts as not set. Lists are set in the file only.
//
// Relative paths in the file are relative to the folder the file lies in, those
// in the environment to the working directory.
package config

import (
	"time"

	"bouncehound"
)

// A Config is what the file, the environment and the defaults come to. Every
// value has been checked and every default filled in.
type Config struct {
	Store     Store
	Mailboxes []Mailbox
	Policy    bouncehound.Policy
	Webhooks  []Webhook
	Exports   []Export
	Rules     Rules
	Log       Log
	Listen    Listen

	Warnings []string // what is allowed and yet should be changed; for people
	Exposed  bool     // secrets stand in the file and every user may read it; a warning says so too
}

// Store says where and what the store keeps.
type Store struct {
	Path      string // of the SQLite file
	Raw       string // what is kept of a report's bytes: "full", "headers" or "none"
	Retention Retention
}

// Retention says how long things are kept; 0: for ever.
type Retention struct {
	Raw     time.Duration // bytes of reports
	Bounces time.Duration // and the bytes of messages that were not understood
	Events  time.Duration // once every endpoint has passed them
	Sent    time.Duration // rows of sent logs, but for those that a bounce is about
}

// A Mailbox is one account on one IMAP server.
type Mailbox struct {
	Name     string // its identity; letters, digits, "-", "_" and "."
	Host     string // host:port, always with a port
	TLS      string // "implicit", "starttls" or, to loopback hosts only, "none"
	CAFile   string // PEM certificates to trust instead of the system's; empty: the system's
	Username string
	Auth     string // "password" or "oauth2"
	Password Secret
	OAuth2   *OAuth2 // nil if not configured
	Poll     Poll
	Capture  Capture
}

// OAuth2 says where the tokens of a mailbox come from.
type OAuth2 struct {
	Provider            string // "microsoft", "google" or "custom"; empty in the flow "command"
	Flow                string // "client_credentials", "refresh_token", "device", "service_account" or "command"
	Tenant              string // of Microsoft
	ClientID            string
	ClientSecret        Secret
	ClientSecretExpires time.Time // the day it ends, in UTC; zero: not known
	Certificate         Secret    // PEM; in place of ClientSecret
	CertificateKey      Secret    // PEM; RSA or P-256
	ServiceAccount      Secret    // the JSON of Google's key file
	RefreshToken        Secret
	Token               Secret // an access token, got anew each time
	TokenURL            string // empty for a service account: its key file names it
	DeviceURL           string
	Scopes              []string
}

// Poll says when a mailbox is polled, what is read and what becomes of it.
type Poll struct {
	Schedule       string // five cron fields, possibly after CRON_TZ=, or a descriptor such as @every 5m
	Folders        []string
	Since          time.Duration // messages whose INTERNALDATE is further back are left alone
	Idle           bool          // listen between polls (RFC 2177)
	After          string        // with understood messages: "keep", "seen", "move" (to MoveTo) or "delete"
	MoveTo         string
	Unread         string // with reports that were not understood: "keep" or "move" (to UnreadTo)
	UnreadTo       string
	MaxMessageSize int64 // octets; of a longer message only that much is read
	MaxPerPoll     int   // messages; 0: all
}

// Capture says what of the returned message is echoed in every output.
type Capture struct {
	Headers []string // field names, as written
	VERP    string   // an address with {token} in its local part; empty: none
}

// A Webhook is one endpoint that is told of events.
type Webhook struct {
	Name         string // its identity; letters, digits, "-", "_" and "."
	URL          string
	Format       string   // "standard", "template", "listmonk", "postmark", "sendgrid" or "mailgun"
	TemplateFile string   // of the format "template"
	Secrets      []Secret // standard and template: whsec_… (Standard Webhooks), the present one and, during a rotation, the previous one
	Username     string   // of basic authentication; empty: none
	Password     Secret
	Events       []bouncehound.EventType // none: what the format gets if it does not choose
	Start        bouncehound.Start
	Timeout      time.Duration     // of one delivery
	Headers      map[string]string // sent with each delivery besides the signature's; may hold secrets
}

// An Export is a file written on a schedule.
type Export struct {
	What     string // "bounces", "contacts" or "do-not-email"
	Schedule string
	Path     string // may hold TimeInPath
	Format   string // "csv" or "json"
	Shape    string // "native", or of do-not-email the provider that is to import it: "ses", "mailgun", "sendgrid" or "postmark"
	Hashed   bool   // SHA-256 in the place of addresses
	Raw      bool   // cells that a spreadsheet takes for formulas stay as they are
	Reason   string // only this; empty: all, as of the next two
	Class    string
	Mailbox  string
	Cursor   string // only what is new since the last export of this name; empty: everything
}

// Rules says where rules of one's own lie.
type Rules struct {
	Files []string // patterns for file names; Paths expands them
}

// Log says how the daemon logs.
type Log struct {
	Level     string // "debug", "info", "warn" or "error"
	Format    string // "text" or "json"
	Addresses bool   // recipient addresses in clear; else hashed
}

// Listen says where HTTP is served; an empty address: nowhere.
type Listen struct {
	Address string // host:port
	Token   Secret // asked for off loopback
}
