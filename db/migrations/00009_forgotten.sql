-- +goose Up
-- Of a contact that was forgotten, what gives the SHA-256 of its address to who has the key beside the store; its
-- key column holds "FORGOTTEN:" and a keyed hash.
ALTER TABLE contacts ADD COLUMN sealed BLOB;

-- Addresses to be blanked in events once every cursor has passed them, in all their spellings; then they go here too.
CREATE TABLE forgetting (
	spelling TEXT PRIMARY KEY,
	key      TEXT NOT NULL -- of the contact, as it is now
) STRICT, WITHOUT ROWID;
