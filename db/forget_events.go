package db

import (
	"context"
	"encoding/json"

	"bouncehound"
)

// forgetPassed blanks addresses that were forgotten in events that all cursors have
// passed by now.
func (db *DB) forgetPassed(ctx context.Context, beat func()) error {
	keys, err := collect(stream(ctx, db.readers, "forgetting", scanText, `SELECT DISTINCT key FROM forgetting`))
	if err != nil || len(keys) == 0 {
		return err
	}
	for _, key := range keys {
		beat()
		of, err := collect(stream(ctx, db.readers, "forgetting", scanText, `SELECT spelling FROM forgetting WHERE key = ?`, key))
		if err != nil {
			return err
		}
		blanked, waiting, err := db.forgetEvents(ctx, false, of, key)
		if err != nil {
			return err
		}
		if blanked > 0 && waiting == 0 {
			if err := db.overwrite(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetEvents blanks an address, given its spellings, in the events that every cursor
// has passed; those about it are about the contact with the key hash from then on, and
// are sent to nobody any more. It returns how many events it blanked and how many it has
// to leave for now; once there are none it forgets the spellings.
func (db *DB) forgetEvents(ctx context.Context, try bool, of []string, hash string) (blanked, waiting int, err error) {
	condition, args := naming("e.data", of)
	all, err := collect(stream(ctx, db.readers, "events", scanEvent, `SELECT `+eventColumns+` FROM events e WHERE `+condition, args...))
	if err != nil {
		return 0, 0, err
	}
	err = db.writeUnless(ctx, try, "events", func(t *transaction) error {
		var horizon int64
		if _, err := t.one(`SELECT coalesce((SELECT min(sequence) FROM cursors), (`+lastSequence+`))`, nil, &horizon); err != nil {
			return err
		}
		for _, e := range all {
			text := without(string(e.Data), of)
			own := isOf(e.Contact, of)
			if text == string(e.Data) && !own {
				continue
			}
			if e.Sequence > horizon {
				waiting++
				continue
			}
			contact := e.Contact
			if own {
				contact = hash
				if text, err = blankEvent(e); err != nil {
					return err
				}
				if _, err := t.exec(`DELETE FROM dead_letters WHERE sequence = ?`, e.Sequence); err != nil {
					return err
				}
			}
			if _, err := t.exec(`UPDATE events SET contact = ?, data = ? WHERE sequence = ?`, contact, text, e.Sequence); err != nil {
				return err
			}
			blanked++
		}
		if waiting > 0 {
			return nil
		}
		_, err := t.exec(`DELETE FROM forgetting WHERE key = ?`, hash)
		return err
	})
	return blanked, waiting, err
}

// isOf says whether a key is that of an address with these spellings.
func isOf(key string, of []string) bool {
	for _, s := range of {
		if s == key {
			return true
		}
	}
	return false
}

// blankEvent returns the data of an event about an address that was forgotten.
func blankEvent(e bouncehound.Event) (string, error) {
	if e.Type == bouncehound.BounceRecorded {
		var b bouncehound.Bounce
		if err := json.Unmarshal(e.Data, &b); err != nil {
			return "", err
		}
		data, err := encode(blankBounce(b))
		return string(data), err
	}
	var c bouncehound.Change
	if err := json.Unmarshal(e.Data, &c); err != nil {
		return "", err
	}
	c.Email, c.Note = "", ""
	if c.Bounce != nil {
		b := blankBounce(*c.Bounce)
		c.Bounce = &b
	}
	data, err := encode(c)
	return string(data), err
}
