-- +goose Up
-- Times are text in UTC, RFC 3339 with milliseconds, so that they sort; NULL: not known.

PRAGMA application_id = 1651011172; -- "bhnd": tells our file from another program's

-- A folder of an inbox, and how far it has been read (the poller's cursor).
CREATE TABLE folders (
	number      INTEGER PRIMARY KEY,
	mailbox     TEXT NOT NULL,
	folder      TEXT NOT NULL,
	uidvalidity INTEGER NOT NULL DEFAULT 0, -- 0: never read to an end
	uid         INTEGER NOT NULL DEFAULT 0,
	UNIQUE (mailbox, folder)
) STRICT;

-- Every message ever read, once for each content. Of kind other only the id, the
-- place and the size are kept, and what its bounces need if it is an automatic reply.
CREATE TABLE messages (
	number        INTEGER PRIMARY KEY,
	id            TEXT NOT NULL UNIQUE, -- bouncehound.Message.ID
	kind          TEXT NOT NULL CHECK (kind IN ('report', 'unread', 'other')),
	mailbox       TEXT NOT NULL,        -- as the next two: where it was first found; empty for a file
	folder        TEXT NOT NULL,
	uid           INTEGER NOT NULL,
	size          INTEGER NOT NULL,
	recorded_at   TEXT NOT NULL,
	source        TEXT NOT NULL DEFAULT '',
	arrived_at    TEXT,
	format        TEXT NOT NULL DEFAULT '',
	message_id    TEXT,                     -- the mail's own Message-ID
	reporting_mta TEXT NOT NULL DEFAULT '',
	recipients    INTEGER NOT NULL DEFAULT 0,
	notes         TEXT NOT NULL DEFAULT '', -- JSON array of strings; empty for none
	original      TEXT NOT NULL DEFAULT ''  -- bouncehound.Original as JSON; empty for none
) STRICT;
CREATE INDEX messages_message_id ON messages (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX messages_unread ON messages (number) WHERE kind = 'unread';

-- The bytes of a message, compressed with DEFLATE (RFC 1951). Apart from the rest,
-- so that lists need not read past them, and they go first when space is wanted.
CREATE TABLE raw (
	message INTEGER PRIMARY KEY REFERENCES messages (number),
	bytes   BLOB NOT NULL
) STRICT;

-- The header fields of the original that were asked for, to be found by value.
CREATE TABLE headers (
	name    TEXT NOT NULL COLLATE NOCASE,
	value   TEXT NOT NULL,
	message INTEGER NOT NULL REFERENCES messages (number),
	PRIMARY KEY (name, value, message)
) STRICT, WITHOUT ROWID;

-- Where each copy of a message lies or lay.
CREATE TABLE copies (
	folder      INTEGER NOT NULL REFERENCES folders (number),
	uidvalidity INTEGER NOT NULL,
	uid         INTEGER NOT NULL,
	message     INTEGER NOT NULL REFERENCES messages (number),
	untidied    INTEGER NOT NULL, -- 1: still to be flagged, moved or deleted
	PRIMARY KEY (folder, uidvalidity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX copies_untidied ON copies (folder, uidvalidity, uid) WHERE untidied = 1;

CREATE TABLE bounces (
	id              INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: changes and contacts name bounces that may be gone
	message         INTEGER NOT NULL REFERENCES messages (number),
	repeat          INTEGER NOT NULL, -- 1: neither counts nor makes an event
	arrived_at      TEXT NOT NULL,    -- as in messages
	key             TEXT,             -- bouncehound.Key of recipient; NULL if that could not be read
	action          TEXT NOT NULL CHECK (action IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded', 'complained', 'replied', 'challenged', 'none')),
	recipient       TEXT NOT NULL,
	final_recipient TEXT NOT NULL,
	status          TEXT NOT NULL,
	reply           INTEGER NOT NULL,
	diagnostic      TEXT NOT NULL,
	remote_mta      TEXT NOT NULL,
	class           TEXT NOT NULL CHECK (class IN ('hard', 'soft', 'block', 'complaint', 'none', 'undetermined')),
	reason          TEXT NOT NULL CHECK (reason <> ''),
	fault           TEXT NOT NULL,
	ses_type        TEXT NOT NULL,
	ses_subtype     TEXT NOT NULL,
	rule            TEXT NOT NULL,
	matched         TEXT NOT NULL,
	confidence      TEXT NOT NULL,
	retry           TEXT NOT NULL,
	original_id     TEXT              -- the original's Message-ID
) STRICT;
CREATE INDEX bounces_key ON bounces (key) WHERE key IS NOT NULL;
CREATE INDEX bounces_message ON bounces (message);
CREATE INDEX bounces_original_id ON bounces (original_id) WHERE original_id IS NOT NULL;

-- Kept for ever, with a copy of what decided: bounces are not.
CREATE TABLE contacts (
	number           INTEGER PRIMARY KEY,
	key              TEXT NOT NULL UNIQUE CHECK (key <> ''), -- bouncehound.Key of email
	email            TEXT NOT NULL,                          -- as first written
	domain           TEXT NOT NULL,                          -- bouncehound.Domain of email
	standing         TEXT NOT NULL CHECK (standing IN ('ok', 'watch', 'do_not_email')),
	since            TEXT,
	until            TEXT,             -- when time alone changes the standing; NULL: never
	cause            TEXT NOT NULL DEFAULT '',
	by               TEXT NOT NULL DEFAULT '',
	note             TEXT NOT NULL DEFAULT '',
	released         TEXT,             -- bounces that arrived before never count again
	reason           TEXT NOT NULL DEFAULT '',
	class            TEXT NOT NULL DEFAULT '',
	status           TEXT NOT NULL DEFAULT '',
	diagnostic       TEXT NOT NULL DEFAULT '',
	bounces          INTEGER NOT NULL DEFAULT 0,
	first_bounced_at TEXT,
	last_bounced_at  TEXT
) STRICT;
CREATE INDEX contacts_standing ON contacts (standing, since); -- lists begin with the latest
CREATE INDEX contacts_address ON contacts (standing, key);    -- exports go by address
CREATE INDEX contacts_domain ON contacts (domain);
CREATE INDEX contacts_until ON contacts (until) WHERE until IS NOT NULL;

-- Every change of a contact's standing ever; events are not kept for ever.
CREATE TABLE changes (
	number   INTEGER PRIMARY KEY,
	key      TEXT NOT NULL,
	at       TEXT NOT NULL,
	email    TEXT NOT NULL,
	standing TEXT NOT NULL,
	previous TEXT NOT NULL,
	since    TEXT NOT NULL,
	cause    TEXT NOT NULL,
	by       TEXT NOT NULL,
	note     TEXT NOT NULL,
	sequence INTEGER NOT NULL, -- of its event; 0: no event was written
	bounce   INTEGER NOT NULL  -- that decided; 0: none did
) STRICT;
CREATE INDEX changes_key ON changes (key);

-- What became true, in order. AUTOINCREMENT: a number is never given twice, even
-- after the newest events were deleted.
CREATE TABLE events (
	sequence INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT NOT NULL,
	type     TEXT NOT NULL,
	at       TEXT NOT NULL,
	contact  TEXT NOT NULL, -- bouncehound.Key of the address it is about; empty if of none
	data     TEXT NOT NULL  -- JSON
) STRICT;
CREATE INDEX events_standing ON events (contact, sequence) WHERE type <> 'bounce.recorded';

-- How far each consumer, a webhook endpoint or an incremental export, has read the events.
CREATE TABLE cursors (
	consumer   TEXT PRIMARY KEY,
	sequence   INTEGER NOT NULL,
	catch_up   INTEGER NOT NULL,
	attempts   INTEGER NOT NULL DEFAULT 0,
	next_at    TEXT,
	last_error TEXT NOT NULL DEFAULT '',
	paused     INTEGER NOT NULL DEFAULT 0,
	rewound    INTEGER NOT NULL DEFAULT 0 -- how often it was set by hand: what was read before that may not overwrite it
) STRICT;

-- Events that a consumer refused.
CREATE TABLE dead_letters (
	consumer TEXT NOT NULL,
	sequence INTEGER NOT NULL,
	at       TEXT NOT NULL,
	error    TEXT NOT NULL,
	PRIMARY KEY (consumer, sequence)
) STRICT, WITHOUT ROWID;

-- What the store itself remembers from one run to the next.
CREATE TABLE settings (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT;
