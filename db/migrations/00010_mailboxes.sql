-- +goose Up
-- Whose bounces came to a mailbox is asked of the mailbox where it had few.
CREATE INDEX messages_mailbox ON messages (mailbox);
