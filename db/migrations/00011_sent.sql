-- +goose Up
-- 1: kept beyond its time for a bounce that is about it. Others like it are gone, so that it is found by Message-ID and
-- recipient together only.
ALTER TABLE sent ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sent_kept ON sent (message_id) WHERE kept = 1;
