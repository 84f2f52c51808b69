package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bouncehound"
)

// undoAtOnce is how many rows of a batch are taken back in one transaction.
const undoAtOnce = 500

// Undone is what taking back a list did.
type Undone struct {
	List     bouncehound.List
	Restored int // contacts that stand again where they would without it, or rows of a sent log
	Kept     int // contacts that stay, because another list names them too or they have been changed since
}

// UndoList takes back a list: each contact that stands where it does because of it
// stands where it would without it, which its bounces may have changed meanwhile. A
// person's changes since and other lists stay in force. It works in several
// transactions; one that was broken off goes on when called again. The error wraps
// ErrNotFound where there is no such batch.
func (db *DB) UndoList(ctx context.Context, batch int64, p bouncehound.Policy, by By) (done Undone, err error) {
	err = db.write(ctx, "undo list", func(t *transaction) error {
		if done.List, err = t.batch(batch); err != nil || !done.List.Undone.IsZero() {
			return err
		}
		done.List.Undone = t.now
		_, err := t.exec(`UPDATE batches SET undone = ? WHERE number = ?`, stamp(t.now), batch)
		return err
	})
	next := func(t *transaction) (bool, error) { return t.undoListed(&done, p, by) }
	if done.List.Kind == bouncehound.ListSent {
		next = func(t *transaction) (bool, error) { return t.undoSent(&done) }
	}
	for more := true; more && err == nil; {
		so := done
		err = db.write(ctx, "undo list", func(t *transaction) error {
			var err error
			done = so
			more, err = next(t)
			return err
		})
	}
	return done, err
}

// undoListed takes back the next contacts of a batch.
func (t *transaction) undoListed(done *Undone, p bouncehound.Policy, by By) (more bool, err error) {
	type row struct {
		contact int64
		before  string
	}
	var rows []row
	found, err := t.QueryContext(t.ctx, `SELECT contact, before FROM listed WHERE batch = ? AND before <> '' LIMIT ?`, done.List.Batch, undoAtOnce)
	if err != nil {
		return false, err
	}
	defer found.Close()
	for found.Next() {
		var r row
		if err := found.Scan(&r.contact, &r.before); err != nil {
			return false, err
		}
		rows = append(rows, r)
	}
	if err := found.Err(); err != nil {
		return false, err
	}
	for _, r := range rows {
		var c contact
		if _, err := t.one(`SELECT `+contactColumns+` FROM contacts c WHERE c.number = ?`, []any{r.contact}, c.columns()...); err != nil {
			return false, err
		}
		restored, err := t.undoContact(&c, done.List, r.before, p, by)
		if err != nil {
			return false, fmt.Errorf("%s: %w", c.Email, err)
		}
		if restored {
			done.Restored++
		} else {
			done.Kept++
		}
		if _, err := t.exec(`UPDATE listed SET before = '' WHERE batch = ? AND contact = ?`, done.List.Batch, r.contact); err != nil {
			return false, err
		}
	}
	return len(rows) == undoAtOnce, nil
}

// undoContact takes back what a list did to one contact, unless something else holds
// it there or has moved it since.
func (t *transaction) undoContact(c *contact, list bouncehound.List, before string, p bouncehound.Policy, by By) (bool, error) {
	if c.Cause != bouncehound.CauseImport {
		return false, nil
	}
	since := c.released
	if list.Kind == bouncehound.ListAlive {
		since = list.At // an earlier one knew nothing of the bounces that flagged it again
	}
	other, ok, err := t.named(c, list.Kind, list.Batch, since)
	if err != nil {
		return false, err
	}
	flags := list.Kind == bouncehound.ListDoNotEmail
	switch mine := flags == (c.Standing == bouncehound.DoNotEmail); {
	case mine && ok:
		_, err := t.exec(`UPDATE listed SET before = ? WHERE batch = ? AND contact = ?`, before, other.Batch, c.number)
		return false, err
	case !mine && !ok:
		// A list of the other kind came after: without that one too, the contact stands
		// where it did before both.
		_, err := t.exec(`UPDATE listed SET before = ?1 WHERE contact = ?2 AND batch <> ?3 AND before <> ''
			AND json_extract(before, '$.cause') = 'import' AND (json_extract(before, '$.standing') = 'do_not_email') = ?4`, before, c.number, list.Batch, flags)
		return false, err
	case !mine:
		return false, nil
	}
	var was stood
	if err := json.Unmarshal([]byte(before), &was); err != nil {
		return false, err
	}
	h := bouncehound.History{Standing: was.Standing, Since: was.Since, Until: was.Until, Cause: was.Cause, Released: was.Released}
	if h.Facts, err = t.facts(c.key); err != nil {
		return false, err
	}
	d := p.Decide(h, t.now)
	if was.Standing != bouncehound.DoNotEmail {
		if err := t.spare(c.key, &d); err != nil {
			return false, err
		}
	}
	c.released = was.Released
	c.Reason, c.Class, c.Status, c.Diagnostic = was.Reason, was.Class, was.Status, was.Diagnostic
	why := bouncehound.Change{Cause: bouncehound.CauseImport, By: by.Who, Note: undoNote(list, by.Note)}
	if d.Standing == bouncehound.DoNotEmail && d.Bounce == 0 {
		why.Cause, why.By, why.Note = d.Cause, was.By, was.Note
	}
	if err := t.settle(c, d, why, true); err != nil {
		return false, err
	}
	return true, t.save(c)
}

func undoNote(list bouncehound.List, note string) string {
	if note != "" {
		note = ": " + note
	}
	return fmt.Sprintf("batch %d undone%s", list.Batch, note)
}

// undoSent takes back the next rows of a sent log. Their bounces may be told by another
// log.
func (t *transaction) undoSent(done *Undone) (more bool, err error) {
	type row struct {
		number  int64
		id, key string
	}
	var rows []row
	found, err := t.QueryContext(t.ctx, `SELECT number, message_id, key FROM sent WHERE batch = ? LIMIT ?`, done.List.Batch, undoAtOnce)
	if err != nil {
		return false, err
	}
	defer found.Close()
	for found.Next() {
		var r row
		if err := found.Scan(&r.number, &r.id, &r.key); err != nil {
			return false, err
		}
		rows = append(rows, r)
	}
	if err := found.Err(); err != nil {
		return false, err
	}
	for _, r := range rows {
		if _, err := t.exec(`UPDATE bounces SET sent = NULL WHERE sent = ?`, r.number); err != nil {
			return false, err
		}
		if _, err := t.exec(`DELETE FROM sent WHERE number = ?`, r.number); err != nil {
			return false, err
		}
		if err := t.matchBounces(r.id, r.key); err != nil {
			return false, err
		}
	}
	done.Restored += len(rows)
	return len(rows) == undoAtOnce, nil
}

// stood is where a contact stood, as it is kept for the day its list is taken back.
type stood struct {
	Standing   bouncehound.Standing `json:"standing"`
	Since      time.Time            `json:"since,omitzero"`
	Until      time.Time            `json:"until,omitzero"`
	Cause      bouncehound.Cause    `json:"cause,omitempty"`
	By         string               `json:"by,omitempty"`
	Note       string               `json:"note,omitempty"`
	Released   time.Time            `json:"released,omitzero"`
	Reason     bouncehound.Reason   `json:"reason,omitempty"`
	Class      bouncehound.Class    `json:"class,omitempty"`
	Status     string               `json:"status,omitempty"`
	Diagnostic string               `json:"diagnostic,omitempty"`
}

func stoodAt(c *contact) stood {
	return stood{c.Standing, c.Since, c.Until, c.Cause, c.By, c.Note, c.released, c.Reason, c.Class, c.Status, c.Diagnostic}
}
