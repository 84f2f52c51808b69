package main

import (
	"errors"
	"fmt"
	"time"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/poller"
)

// A withheldRecord is a message that a server does not hand over, as the verb prints it.
type withheldRecord struct {
	Mailbox     string    `json:"mailbox"`
	Folder      string    `json:"folder"`
	UIDValidity uint32    `json:"uidvalidity"`
	UID         uint32    `json:"uid"`
	Tries       int       `json:"tries"`
	TriedAt     time.Time `json:"tried_at"`
	NextAt      time.Time `json:"next_at,omitzero"` // absent where it is given up
	Error       string    `json:"error"`            // the server's words
}

func (p *program) printWithheld(out output, rows func(func(bouncehound.Withheld, error) bool)) error {
	var row func(m withheldRecord) error
	end := func() error { return nil }
	switch out {
	case outputJSON:
		e := jsonLines(p.stdout)
		row = func(m withheldRecord) error { return e.Encode(m) }
	case outputCSV:
		w := newRecords(p.stdout, "mailbox", "folder", "uidvalidity", "uid", "tries", "tried_at", "next_at", "error")
		row = func(m withheldRecord) error {
			return w.record(m.Mailbox, m.Folder, fmt.Sprint(m.UIDValidity), fmt.Sprint(m.UID), fmt.Sprint(m.Tries), stamp(m.TriedAt), stamp(m.NextAt), m.Error)
		}
	default:
		t := newTable(p.stdout, "MAILBOX", "FOLDER", "UID", "TRIES", "LAST", "NEXT", "WHY")
		end = t.end
		row = func(m withheldRecord) error {
			next := minute(m.NextAt)
			if next == "" {
				next = "given up"
			}
			t.row(m.Mailbox, m.Folder, fmt.Sprint(m.UID), fmt.Sprint(m.Tries), minute(m.TriedAt), next, m.Error)
			return nil
		}
	}
	for w, err := range rows {
		if err != nil {
			return errors.Join(end(), err)
		}
		at := w.Place
		if err := row(withheldRecord{at.Mailbox, at.Folder, at.UIDValidity, at.UID, w.Tries, w.TriedAt, poller.NextTry(w), w.Error}); err != nil {
			return err
		}
	}
	return end()
}

// withheld says of each mailbox how many messages its server does not hand over.
func (c *checking) withheld(store *db.DB) {
	counts, err := store.WithheldMessages(c.ctx)
	if err != nil {
		c.wrong("store", c.settings.Store.Path, "", err, "")
		return
	}
	for _, m := range c.settings.Mailboxes {
		if n := counts[m.Name]; n > 0 {
			c.wrong("mailbox", m.Name, "messages", fmt.Errorf("%s listed by the server and not handed over", count(int(n), "message")),
				"bouncehound messages --withheld tells which and why: open them in a mail program there, or delete them")
		}
	}
}
