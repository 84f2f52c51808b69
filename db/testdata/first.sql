-- A store as the first version of the schema kept it. Do not edit: TestUpgrade shows
-- that every later version still reads it.
PRAGMA application_id = 1651011172;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-21 19:41:35');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-21 19:41:35');
CREATE TABLE folders (
	number      INTEGER PRIMARY KEY,
	mailbox     TEXT NOT NULL,
	folder      TEXT NOT NULL,
	uidvalidity INTEGER NOT NULL DEFAULT 0, -- 0: never read to an end
	uid         INTEGER NOT NULL DEFAULT 0,
	UNIQUE (mailbox, folder)
) STRICT;
INSERT INTO folders VALUES(1,'bounces','INBOX',7,3);
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
INSERT INTO messages VALUES(1,'e27cb673c248eaf962de90eafab150427a0302662bcafde0541020934aeea89f','report','bounces','INBOX',1,66,'2026-03-01T12:00:00.000Z','bounces/INBOX;UID=1','2026-03-01T11:00:00.000Z','dsn','<report-1@mx.example.net>','mx.example.net',1,'','{"message_id":"\u003cletter-1@example.org\u003e","subject":"News","headers":{"X-Contact-Id":"1"}}');
INSERT INTO messages VALUES(2,'7a22c70dc4b63e77a2f38dd6692c034608bb8dca2c95bdc64e13909bea667ccd','report','bounces','INBOX',2,65,'2026-03-01T12:00:00.000Z','bounces/INBOX;UID=2','2026-03-01T11:00:00.000Z','dsn','<report-2@mx.example.net>','mx.example.net',1,'','{"message_id":"\u003cletter-2@example.org\u003e","subject":"News","headers":{"X-Contact-Id":"2"}}');
INSERT INTO messages VALUES(3,'f64723d4ce26409c48521e89996b650f44a0efff221d83dfa212fcd823f3d179','other','bounces','INBOX',3,43,'2026-03-01T12:00:00.000Z','bounces/INBOX;UID=3','2026-03-01T12:00:00.000Z','dsn','<report-3@mx.example.net>','mx.example.net',1,'','{"message_id":"\u003cletter-3@example.org\u003e","subject":"News","headers":{"X-Contact-Id":"3"}}');
CREATE TABLE raw (
	message INTEGER PRIMARY KEY REFERENCES messages (number),
	bytes   BLOB NOT NULL
) STRICT;
INSERT INTO raw VALUES(1,X'004200bdff5375626a6563743a207265706f727420310d0a0d0a746f204c656e61406578616d706c652e636f6d3a2035353020352e312e31206e6f207375636820757365720d0a010000ffff');
INSERT INTO raw VALUES(2,X'004100beff5375626a6563743a207265706f727420320d0a0d0a746f206d6961406578616d706c652e636f6d3a2035353020352e312e31206e6f207375636820757365720d0a010000ffff');
CREATE TABLE headers (
	name    TEXT NOT NULL COLLATE NOCASE,
	value   TEXT NOT NULL,
	message INTEGER NOT NULL REFERENCES messages (number),
	PRIMARY KEY (name, value, message)
) STRICT, WITHOUT ROWID;
INSERT INTO headers VALUES('X-Contact-Id','1',1);
INSERT INTO headers VALUES('X-Contact-Id','2',2);
INSERT INTO headers VALUES('X-Contact-Id','3',3);
CREATE TABLE copies (
	folder      INTEGER NOT NULL REFERENCES folders (number),
	uidvalidity INTEGER NOT NULL,
	uid         INTEGER NOT NULL,
	message     INTEGER NOT NULL REFERENCES messages (number),
	untidied    INTEGER NOT NULL, -- 1: still to be flagged, moved or deleted
	PRIMARY KEY (folder, uidvalidity, uid)
) STRICT, WITHOUT ROWID;
INSERT INTO copies VALUES(1,7,1,1,1);
INSERT INTO copies VALUES(1,7,2,2,1);
INSERT INTO copies VALUES(1,7,3,3,0);
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
INSERT INTO bounces VALUES(1,1,0,'2026-03-01T11:00:00.000Z','lena@example.com','failed','Lena@example.com','','5.1.1',550,'550 5.1.1 no such user','','hard','user_unknown','recipient','Permanent','General','status/5.1.1','5.1.1','high','never','<letter-1@example.org>');
INSERT INTO bounces VALUES(2,2,0,'2026-03-01T11:00:00.000Z','mia@example.com','failed','mia@example.com','','5.1.1',550,'550 5.1.1 no such user','','soft','server_error','recipient_domain','','','status/4.3.0','','','later','<letter-2@example.org>');
INSERT INTO bounces VALUES(3,3,0,'2026-03-01T12:00:00.000Z','oda@example.com','replied','oda@example.com','','',0,'','','none','auto_reply','','','','','','','','<letter-3@example.org>');
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
INSERT INTO contacts VALUES(1,'lena@example.com','Lena@example.com','example.com','do_not_email','2026-03-01T11:00:00.000Z',NULL,'bounce','','',NULL,'user_unknown','hard','5.1.1','550 5.1.1 no such user',1,'2026-03-01T11:00:00.000Z','2026-03-01T11:00:00.000Z');
INSERT INTO contacts VALUES(2,'mia@example.com','mia@example.com','example.com','watch','2026-03-01T11:00:00.000Z','2026-03-31T11:00:00.000Z','bounce','','',NULL,'server_error','soft','5.1.1','550 5.1.1 no such user',1,'2026-03-01T11:00:00.000Z','2026-03-01T11:00:00.000Z');
INSERT INTO contacts VALUES(3,'noa@example.com','noa@example.com','example.com','do_not_email','2026-03-01T12:01:00.000Z',NULL,'hand','ada','asked by phone',NULL,'','','','',0,NULL,NULL);
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
INSERT INTO changes VALUES(1,'lena@example.com','2026-03-01T12:00:00.000Z','Lena@example.com','do_not_email','ok','2026-03-01T11:00:00.000Z','bounce','','',2,1);
INSERT INTO changes VALUES(2,'mia@example.com','2026-03-01T12:00:00.000Z','mia@example.com','watch','ok','2026-03-01T11:00:00.000Z','bounce','','',4,2);
INSERT INTO changes VALUES(3,'noa@example.com','2026-03-01T12:01:00.000Z','noa@example.com','do_not_email','ok','2026-03-01T12:01:00.000Z','hand','ada','asked by phone',6,0);
CREATE TABLE events (
	sequence INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT NOT NULL,
	type     TEXT NOT NULL,
	at       TEXT NOT NULL,
	contact  TEXT NOT NULL, -- bouncehound.Key of the address it is about; empty if of none
	data     TEXT NOT NULL  -- JSON
) STRICT;
INSERT INTO events VALUES(1,'evt_c6bbdbbd1e3c7d3280cb4b01502c68b1','bounce.recorded','2026-03-01T12:00:00.000Z','lena@example.com','{"format":"dsn","message_id":"<report-1@mx.example.net>","arrived_at":"2026-03-01T11:00:00Z","reporting_mta":"mx.example.net","action":"failed","recipient":"Lena@example.com","status":"5.1.1","reply":550,"diagnostic":"550 5.1.1 no such user","original":{"message_id":"<letter-1@example.org>","subject":"News","headers":{"X-Contact-Id":"1"}},"class":"hard","reason":"user_unknown","fault":"recipient","ses_type":"Permanent","ses_subtype":"General","rule":"status/5.1.1","matched":"5.1.1","confidence":"high","explanation":"No such mailbox.","advice":"Take it off the list.","retry":"never"}');
INSERT INTO events VALUES(2,'evt_a6190c121a3db774a202ddef6785f84b','contact.do_not_email','2026-03-01T12:00:00.000Z','lena@example.com','{"email":"Lena@example.com","standing":"do_not_email","previous":"ok","since":"2026-03-01T11:00:00Z","cause":"bounce","sequence":2,"bounce":{"format":"dsn","message_id":"<report-1@mx.example.net>","arrived_at":"2026-03-01T11:00:00Z","reporting_mta":"mx.example.net","action":"failed","recipient":"Lena@example.com","status":"5.1.1","reply":550,"diagnostic":"550 5.1.1 no such user","original":{"message_id":"<letter-1@example.org>","subject":"News","headers":{"X-Contact-Id":"1"}},"class":"hard","reason":"user_unknown","fault":"recipient","ses_type":"Permanent","ses_subtype":"General","rule":"status/5.1.1","matched":"5.1.1","confidence":"high","explanation":"No such mailbox.","advice":"Take it off the list.","retry":"never"}}');
INSERT INTO events VALUES(3,'evt_2bb142e6b1bf7048c6e83aa54044efb6','bounce.recorded','2026-03-01T12:00:00.000Z','mia@example.com','{"format":"dsn","message_id":"<report-2@mx.example.net>","arrived_at":"2026-03-01T11:00:00Z","reporting_mta":"mx.example.net","action":"failed","recipient":"mia@example.com","status":"5.1.1","reply":550,"diagnostic":"550 5.1.1 no such user","original":{"message_id":"<letter-2@example.org>","subject":"News","headers":{"X-Contact-Id":"2"}},"class":"soft","reason":"server_error","fault":"recipient_domain","rule":"status/4.3.0","retry":"later"}');
INSERT INTO events VALUES(4,'evt_372421ec5fa1ad4e882b39faa1224f99','contact.watch','2026-03-01T12:00:00.000Z','mia@example.com','{"email":"mia@example.com","standing":"watch","previous":"ok","since":"2026-03-01T11:00:00Z","cause":"bounce","sequence":4,"bounce":{"format":"dsn","message_id":"<report-2@mx.example.net>","arrived_at":"2026-03-01T11:00:00Z","reporting_mta":"mx.example.net","action":"failed","recipient":"mia@example.com","status":"5.1.1","reply":550,"diagnostic":"550 5.1.1 no such user","original":{"message_id":"<letter-2@example.org>","subject":"News","headers":{"X-Contact-Id":"2"}},"class":"soft","reason":"server_error","fault":"recipient_domain","rule":"status/4.3.0","retry":"later"}}');
INSERT INTO events VALUES(5,'evt_41541d0473e2248a4bbd25266a5f9f9e','bounce.recorded','2026-03-01T12:00:00.000Z','oda@example.com','{"format":"dsn","message_id":"<report-3@mx.example.net>","arrived_at":"2026-03-01T12:00:00Z","reporting_mta":"mx.example.net","action":"replied","recipient":"oda@example.com","original":{"message_id":"<letter-3@example.org>","subject":"News","headers":{"X-Contact-Id":"3"}},"class":"none","reason":"auto_reply"}');
INSERT INTO events VALUES(6,'evt_bc2df6d5498a20368e1f4cbbe996f759','contact.do_not_email','2026-03-01T12:01:00.000Z','noa@example.com','{"email":"noa@example.com","standing":"do_not_email","previous":"ok","since":"2026-03-01T12:01:00Z","cause":"hand","by":"ada","note":"asked by phone","sequence":6}');
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
INSERT INTO cursors VALUES('crm',2,0,0,NULL,'',0,0);
CREATE TABLE dead_letters (
	consumer TEXT NOT NULL,
	sequence INTEGER NOT NULL,
	at       TEXT NOT NULL,
	error    TEXT NOT NULL,
	PRIMARY KEY (consumer, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO dead_letters VALUES('crm',2,'2026-03-01T12:00:00.000Z','422 Unprocessable');
CREATE TABLE settings (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT;
INSERT INTO settings VALUES('policy','6689989892020d027baa6164eff0a4bca00ec130d56be41bfe5149379e5cfb62');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',2);
INSERT INTO sqlite_sequence VALUES('bounces',3);
INSERT INTO sqlite_sequence VALUES('events',6);
CREATE INDEX messages_message_id ON messages (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX messages_unread ON messages (number) WHERE kind = 'unread';
CREATE INDEX copies_untidied ON copies (folder, uidvalidity, uid) WHERE untidied = 1;
CREATE INDEX bounces_key ON bounces (key) WHERE key IS NOT NULL;
CREATE INDEX bounces_message ON bounces (message);
CREATE INDEX bounces_original_id ON bounces (original_id) WHERE original_id IS NOT NULL;
CREATE INDEX contacts_standing ON contacts (standing, since);
CREATE INDEX contacts_address ON contacts (standing, key);
CREATE INDEX contacts_domain ON contacts (domain);
CREATE INDEX contacts_until ON contacts (until) WHERE until IS NOT NULL;
CREATE INDEX changes_key ON changes (key);
CREATE INDEX events_standing ON events (contact, sequence) WHERE type <> 'bounce.recorded';
COMMIT;
