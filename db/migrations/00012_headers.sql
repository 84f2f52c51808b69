-- +goose Up
-- What is pruned or forgotten of a message: without this each would read the whole table.
CREATE INDEX headers_message ON headers (message);
