-- +goose Up
-- What a server was last told to move out of a folder, by the UIDs, until all of it is tidied up: of a poll that was
-- cut off nobody knows what the server made of it.
CREATE TABLE moving (
	folder      INTEGER PRIMARY KEY REFERENCES folders (number),
	uidvalidity INTEGER NOT NULL,
	first       INTEGER NOT NULL, -- UIDs
	last        INTEGER NOT NULL,
	at          TEXT NOT NULL
) STRICT;

-- Polls before did not say; any of them may have been cut off.
INSERT INTO moving (folder, uidvalidity, first, last, at)
	SELECT c.folder, c.uidvalidity, min(c.uid), max(c.uid), strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
	FROM copies c JOIN folders f ON f.number = c.folder AND f.uidvalidity = c.uidvalidity
	WHERE c.untidied = 1 GROUP BY c.folder;
