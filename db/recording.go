package db

import (
	"database/sql"
	"strings"

	"bouncehound"
)

// A recording is the transaction of one batch. Its rows wait until the batch is through:
// what the next message of the batch may want to know of them is here.
type recording struct {
	*transaction
	policy  bouncehound.Policy
	folders map[folder]int64 // numbers of the folders of the batch
	tidy    map[bouncehound.Kind]bool
	apart   bool // each message is on its own, and an error names the recipient

	seen        map[string]seenMessage // those stored, by id
	reports     map[string][]int64     // numbers of those stored, by the mail's own Message-ID, of all that were looked up
	nextMessage int64
	nextBounce  int64
	contacts    map[string]*contact // that changed, by key
	changed     []*contact          // the same in their order
}

// A seenMessage is a message that is stored.
type seenMessage struct {
	number int64
	kind   bouncehound.Kind
}

// startAnew looks everything up again, after what was done was undone.
func (r *recording) startAnew(batch []bouncehound.Judged) error {
	r.waiting.forget()
	clear(r.unwritten)
	clear(r.contacts)
	r.changed, r.sequence, r.told = nil, 0, toldBounce{}
	return r.meet(batch)
}

// lookUp looks up which messages are stored, and the numbers that are free.
func (r *recording) lookUp(messages []bouncehound.Judged) error {
	if _, err := r.one(`SELECT (SELECT coalesce(max(number), 0) + 1 FROM messages), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'bounces'), 0) + 1`,
		nil, &r.nextMessage, &r.nextBounce); err != nil {
		return err
	}
	r.seen, r.reports = map[string]seenMessage{}, map[string][]int64{}
	var ids, messageIDs []any
	for i := range messages {
		ids = append(ids, messages[i].ID)
		if id := messages[i].Report.MessageID; id != "" {
			messageIDs = append(messageIDs, id)
		}
	}
	err := r.among(selectSeen, ids, func(rows *sql.Rows) error {
		var id string
		var m seenMessage
		err := rows.Scan(&id, &m.number, &m.kind)
		r.seen[id] = m
		return err
	})
	if err != nil {
		return err
	}
	return r.lookUpReports(messageIDs...)
}

// lookUpReports looks up the messages with these Message-IDs.
func (r *recording) lookUpReports(ids ...any) error {
	for _, id := range ids {
		r.reports[id.(string)] = nil
	}
	return r.among(selectReports, ids, func(rows *sql.Rows) error {
		var id string
		var number int64
		err := rows.Scan(&id, &number)
		r.reports[id] = append(r.reports[id], number)
		return err
	})
}

// lookedUpAtOnce is how many values one statement looks up.
const lookedUpAtOnce = 100

var (
	fewOf         = `(?` + strings.Repeat(`, ?`, lookedUpAtOnce-1) + `)`
	selectSeen    = `SELECT id, number, kind FROM messages WHERE id IN ` + fewOf
	selectReports = `SELECT message_id, number FROM messages WHERE message_id IN ` + fewOf
)

// among runs a query for all of some values and calls f for each row.
func (t *transaction) among(query string, values []any, f func(*sql.Rows) error) error {
	for len(values) > 0 {
		n := min(len(values), lookedUpAtOnce)
		some := make([]any, lookedUpAtOnce) // the rest is NULL
		copy(some, values[:n])
		values = values[n:]
		for _, err := range stream(t.ctx, t.Tx, "look up", func(rows *sql.Rows) (struct{}, error) { return struct{}{}, f(rows) }, query, some...) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// contact is transaction.contact, with what waits.
func (r *recording) contact(key string) (c contact, ok bool, err error) {
	if c, ok := r.contacts[key]; ok {
		return *c, true, nil
	}
	return r.transaction.contact(key)
}

// save is transaction.save, once for all that a batch does to a contact.
func (r *recording) save(c *contact) {
	delete(r.strangers, c.key)
	if waits, ok := r.contacts[c.key]; ok {
		*waits = *c
		return
	}
	if r.contacts == nil {
		r.contacts = map[string]*contact{}
	}
	r.contacts[c.key] = c
	r.changed = append(r.changed, c)
}

// flush writes all that waits.
func (r *recording) flush() error {
	for _, c := range r.changed {
		if c.number == 0 {
			r.waiting.add(contactRows, c.row()...)
		} else if err := r.transaction.save(c); err != nil {
			return err
		}
	}
	r.changed = nil
	clear(r.contacts)
	return r.transaction.flush()
}
