-- +goose Up
-- Alerts of this day and the last, so that none comes twice a day.
CREATE TABLE alerts (
	type    TEXT NOT NULL,
	subject TEXT NOT NULL, -- bouncehound.Alert.Subject
	day     TEXT NOT NULL, -- in UTC
	PRIMARY KEY (type, subject, day)
) STRICT, WITHOUT ROWID;

-- What has failed, how often in a row, and since when.
CREATE TABLE failing (
	type     TEXT NOT NULL,
	subject  TEXT NOT NULL,
	since    TEXT NOT NULL,
	failures INTEGER NOT NULL,
	PRIMARY KEY (type, subject)
) STRICT, WITHOUT ROWID;
