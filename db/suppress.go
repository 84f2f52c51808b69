package db

import (
	"context"
	"errors"
	"strings"
	"time"

	"bouncehound"
)

// By says who changes a standing and why.
type By struct {
	Cause     bouncehound.Cause // empty: by hand
	Who, Note string
}

// errNoAddress is about an empty address.
var errNoAddress = errors.New("no address")

// Suppress makes an address do_not_email, for ever, whether or not it is known. It
// returns false if it is that already.
func (db *DB) Suppress(ctx context.Context, address string, by By) (bouncehound.Change, bool, error) {
	return db.stand(ctx, "suppress", address, bouncehound.DoNotEmail, by)
}

// Release makes an address ok again; its bounces up to now never count again. It
// returns false if it is ok already or not known.
func (db *DB) Release(ctx context.Context, address string, by By) (bouncehound.Change, bool, error) {
	return db.stand(ctx, "release", address, bouncehound.OK, by)
}

// written returns an address as contacts have it: the domain in lower case, the local
// part as it is.
func written(address string) string {
	at := strings.LastIndex(address, "@") + 1
	return address[:at] + strings.ToLower(address[at:])
}

// stand lets an address stand where somebody says.
func (db *DB) stand(ctx context.Context, operation, address string, standing bouncehound.Standing, by By) (change bouncehound.Change, changed bool, err error) {
	key := bouncehound.Key(address)
	if by.Cause == "" {
		by.Cause = bouncehound.CauseHand
	}
	err = db.write(ctx, operation, func(t *transaction) error {
		if key == "" {
			return errNoAddress
		}
		c, known, err := t.contact(key)
		if err != nil {
			return err
		}
		if !known {
			c = newContact(key, written(address))
		}
		// What would end by itself does not when a person says so.
		if c.Standing == standing && c.Until.IsZero() {
			return nil
		}
		c.Until = time.Time{}
		if standing == bouncehound.OK {
			c.released = t.now
		}
		change = bouncehound.Change{Standing: standing, Since: t.now, Cause: by.Cause, By: by.Who, Note: by.Note}
		if changed, err = true, t.change(&c, &change, true); err != nil {
			return err
		}
		return t.save(&c)
	})
	if err != nil || !changed {
		return bouncehound.Change{}, false, err
	}
	return change, true, nil
}
