-- +goose Up

-- Domains never to mail, and addresses and domains never to flag: now, and before.
CREATE TABLE entries (
	number     INTEGER PRIMARY KEY,
	kind       TEXT NOT NULL CHECK (kind IN ('domain', 'allow')),
	key        TEXT NOT NULL CHECK (key <> ''), -- bouncehound.Key of an address, bouncehound.Domain of a domain
	value      TEXT NOT NULL,                   -- as written
	since      TEXT NOT NULL,
	by         TEXT NOT NULL,
	note       TEXT NOT NULL,
	ended      TEXT,                            -- NULL: it holds
	ended_by   TEXT NOT NULL DEFAULT '',
	ended_note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX entries_key ON entries (key, kind) WHERE ended IS NULL;

-- Every list that was imported: what it did can be taken back.
CREATE TABLE batches (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	kind     TEXT NOT NULL CHECK (kind IN ('do_not_email', 'alive', 'sent')),
	source   TEXT NOT NULL,
	at       TEXT NOT NULL,
	by       TEXT NOT NULL,
	note     TEXT NOT NULL,
	added    INTEGER NOT NULL DEFAULT 0, -- rows
	present  INTEGER NOT NULL DEFAULT 0,
	refused  INTEGER NOT NULL DEFAULT 0,
	finished TEXT, -- NULL: it was broken off
	undone   TEXT  -- when taking it back began; NULL: it stands
) STRICT;

-- The contacts of each list.
CREATE TABLE listed (
	batch   INTEGER NOT NULL REFERENCES batches (number),
	contact INTEGER NOT NULL REFERENCES contacts (number),
	before  TEXT NOT NULL, -- JSON: where the contact stood before this list, if that is why it stands as it does; else empty
	PRIMARY KEY (batch, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_contact ON listed (contact);

-- What was sent to whom and when, as the app that sent it tells.
CREATE TABLE sent (
	number     INTEGER PRIMARY KEY,
	batch      INTEGER NOT NULL REFERENCES batches (number),
	message_id TEXT NOT NULL, -- with angle brackets; empty: not told
	key        TEXT NOT NULL, -- bouncehound.Key of the recipient; empty: not told
	contact_id TEXT NOT NULL, -- the app's name for the contact; empty: not told
	sent_at    TEXT           -- NULL: not told
) STRICT;
CREATE INDEX sent_batch ON sent (batch);
CREATE INDEX sent_message_id ON sent (message_id) WHERE message_id <> '';
CREATE INDEX sent_key ON sent (key, sent_at) WHERE key <> '';

-- Which of these a bounce is about; NULL: none, or not known.
ALTER TABLE bounces ADD COLUMN sent INTEGER REFERENCES sent (number);
CREATE INDEX bounces_sent ON bounces (sent) WHERE sent IS NOT NULL;

-- The other orders of lists.
CREATE INDEX contacts_last ON contacts (standing, last_bounced_at);
CREATE INDEX contacts_bounces ON contacts (standing, bounces);
CREATE INDEX contacts_reason ON contacts (standing, reason, since);
