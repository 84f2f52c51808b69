-- +goose Up
-- Messages that a server lists and does not hand over, as often as they were asked for.
CREATE TABLE withheld (
	folder      INTEGER NOT NULL REFERENCES folders (number),
	uidvalidity INTEGER NOT NULL,
	uid         INTEGER NOT NULL,
	tries       INTEGER NOT NULL,
	tried_at    TEXT NOT NULL,
	error       TEXT NOT NULL, -- the server's words
	PRIMARY KEY (folder, uidvalidity, uid)
) STRICT, WITHOUT ROWID;
