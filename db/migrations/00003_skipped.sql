-- +goose Up
-- Events that a cursor passed because the endpoint's format has no counterpart for them.
ALTER TABLE cursors ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
