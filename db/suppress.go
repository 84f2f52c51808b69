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
	Force     bool // also a contact that complained is released
	Try       bool // nothing is kept: only tell what would change
}

// ErrComplained says that a contact complained: it is released only by force.
var ErrComplained = errors.New("the reader complained about our mail")

// errNoAddress is about an empty address.
var errNoAddress = errors.New("no address")

// A Stood is what became of one address that somebody said where to stand.
type Stood struct {
	Change  bouncehound.Change // zero if it stood there already
	Changed bool
	Err     error // it could not be done for this address; the others are unharmed
}

// Suppress makes an address do_not_email, for ever, whether or not it is known. It
// returns false if it is that already, and not only because a bounce or a list says so.
func (db *DB) Suppress(ctx context.Context, address string, by By) (bouncehound.Change, bool, error) {
	return one(db.Stand(ctx, bouncehound.DoNotEmail, []string{address}, by))
}

// Release makes an address ok again; its bounces up to now never count again. It
// returns false if it is ok already or not known. The error wraps ErrComplained if
// that takes by.Force.
func (db *DB) Release(ctx context.Context, address string, by By) (bouncehound.Change, bool, error) {
	return one(db.Stand(ctx, bouncehound.OK, []string{address}, by))
}

func one(all []Stood, err error) (bouncehound.Change, bool, error) {
	if err != nil {
		return bouncehound.Change{}, false, err
	}
	return all[0].Change, all[0].Changed, all[0].Err
}

// Stand lets addresses stand at ok or do_not_email, as Suppress and Release do, in
// one transaction. It returns one Stood an address.
func (db *DB) Stand(ctx context.Context, standing bouncehound.Standing, addresses []string, by By) (all []Stood, err error) {
	operation := "suppress"
	if standing == bouncehound.OK {
		operation = "release"
	}
	err = db.writeUnless(ctx, by.Try, operation, func(t *transaction) error {
		all = make([]Stood, len(addresses))
		for i, address := range addresses {
			if all[i], err = t.standAddress(standing, address, by); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func (t *transaction) standAddress(standing bouncehound.Standing, address string, by By) (s Stood, err error) {
	key, err := t.key(address)
	if err != nil || key == "" {
		return Stood{Err: errNoAddress}, err
	}
	c, known, err := t.contact(key)
	if err != nil {
		return s, err
	}
	if !known {
		c = newContact(key, written(address))
	}
	// What would end by itself, with another judgement or when a list is taken back, does
	// not when a person says so.
	said := standing == bouncehound.OK || by.Cause == bouncehound.CauseImport || c.Cause == bouncehound.CauseHand || c.Cause == bouncehound.CauseComplaint
	if c.Standing == standing && c.Until.IsZero() && said {
		return s, nil
	}
	if standing == bouncehound.OK && !by.Force {
		if complained, err := t.complained(&c); complained || err != nil {
			return Stood{Err: ErrComplained}, err
		}
	}
	s.Changed = true
	s.Change, err = t.stand(&c, standing, by)
	return s, err
}

// written returns an address as contacts have it: the domain in lower case, the local
// part as it is.
func written(address string) string {
	at := strings.LastIndex(address, "@") + 1
	return address[:at] + strings.ToLower(address[at:])
}

// stand lets a contact stand where somebody says, and saves it.
func (t *transaction) stand(c *contact, standing bouncehound.Standing, by By) (bouncehound.Change, error) {
	if by.Cause == "" {
		by.Cause = bouncehound.CauseHand
	}
	c.Until = time.Time{}
	if standing == bouncehound.OK {
		c.released = t.now
	}
	change := bouncehound.Change{Standing: standing, Since: t.now, Cause: by.Cause, By: by.Who, Note: by.Note}
	if err := t.change(c, &change, true); err != nil {
		return bouncehound.Change{}, err
	}
	return change, t.save(c)
}

// complained says whether a contact that must not be mailed complained since it was
// last released.
func (t *transaction) complained(c *contact) (bool, error) {
	if c.Standing != bouncehound.DoNotEmail {
		return false, nil
	}
	if c.Cause == bouncehound.CauseComplaint || c.Cause == bouncehound.CauseImport && c.Class == bouncehound.Complaint {
		return true, nil
	}
	var one int
	return t.one(`SELECT 1 FROM bounces WHERE key = ? AND repeat = 0 AND class = 'complaint' AND action IN ('failed', 'complained') AND arrived_at >= ? LIMIT 1`,
		[]any{c.key, orBeginning(c.released)}, &one)
}
