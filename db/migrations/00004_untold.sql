-- +goose Up
-- Changes of standings that an observing policy kept back, to be told once it observes no more.
INSERT INTO settings (name, value) SELECT 'untold', '1' WHERE EXISTS (SELECT 1 FROM changes WHERE sequence = 0);
