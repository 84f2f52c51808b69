-- +goose Up
-- Where a cursor began: its consumer was never given the events up to there, but for the last ones of a start with
-- the standings.
ALTER TABLE cursors ADD COLUMN began INTEGER NOT NULL DEFAULT 0;
