-- +goose Up
-- Retention and forgetting: what is no longer stored, or not in full.
ALTER TABLE bounces ADD COLUMN short INTEGER NOT NULL DEFAULT 0;     -- 1: kept beyond its time, without the quoted original and the bytes
ALTER TABLE bounces ADD COLUMN elsewhere INTEGER NOT NULL DEFAULT 0; -- 1: bouncehound.Recipient.Elsewhere, where the addresses are blank
ALTER TABLE messages ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;   -- 1: bounces of it are no longer stored
ALTER TABLE contacts ADD COLUMN pruned TEXT;                         -- up to when bounces of it are no longer stored; NULL: all are
CREATE INDEX bounces_short ON bounces (id) WHERE short = 1;
CREATE INDEX dead_letters_sequence ON dead_letters (sequence);
