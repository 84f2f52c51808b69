package db

import (
	"encoding/json"
	"fmt"
	"runtime"
	"sync"

	"bouncehound"
)

// prepared is what can be made ready of a message without the store.
type prepared struct {
	kept     []byte   // the bytes to be kept, compressed; nil for none
	whole    bool     // these are all bytes of the message
	notes    string   // as they are stored
	original string   // likewise
	told     [][]byte // of each bounce, the data of its event if nothing about it turns out otherwise; nil: no event
	err      error    // the message cannot be recorded as judged
}

// Prepare does that part of recording a message that needs no store. Whoever judges
// many messages side by side calls it there, so that Record, which records one after
// the other, has less to do; for messages that come without it Record does it itself.
//
// Of a message whose bytes are kept whole it leaves the compressed ones only, so that
// messages that wait to be recorded take less memory.
func (db *DB) Prepare(j *bouncehound.Judged) {
	if j.ID == "" {
		j.ID = j.Message.ID()
	}
	p := db.prepare(j)
	if p.whole {
		if j.Message.Size == 0 {
			j.Message.Size = int64(len(j.Message.Raw))
		}
		j.Message.Raw = nil
	}
	j.Prepared = p
}

func (db *DB) prepare(j *bouncehound.Judged) *prepared {
	p := &prepared{}
	if p.err = p.make(db, j); p.err != nil {
		p.err = fmt.Errorf("prepare: %w", p.err)
	}
	return p
}

// make fills p. That our own code fails on a message is an error like another.
func (p *prepared) make(db *DB, j *bouncehound.Judged) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("panic: %v", broken)
		}
	}()
	worth := db.worth(j)
	if len(worth) > 0 {
		if p.kept, err = compress(worth); err != nil {
			return err
		}
	}
	p.told = make([][]byte, len(j.Bounces))
	for i, b := range j.Bounces {
		if b.Action == bouncehound.NoAction {
			continue
		}
		b.ArrivedAt, b.Source = stored(b.ArrivedAt), ""
		if p.told[i], err = encode(&b); err != nil {
			p.told[i] = nil // it is an error if there is to be an event
		}
	}
	if err := p.texts(&j.Report); err != nil {
		return err
	}
	p.whole = len(p.kept) > 0 && len(worth) == len(j.Message.Raw)
	return nil
}

// blanked is what is ready of a message from which an address was taken out.
func blanked(r *bouncehound.Report) (*prepared, error) {
	p := &prepared{}
	return p, p.texts(r)
}

// texts writes what is stored of a report as JSON.
func (p *prepared) texts(r *bouncehound.Report) error {
	if len(r.Notes) > 0 {
		notes, err := json.Marshal(r.Notes)
		if err != nil {
			return err
		}
		p.notes = string(notes)
	}
	if !r.Original.IsZero() {
		original, err := json.Marshal(r.Original)
		if err != nil {
			return err
		}
		p.original = string(original)
	}
	return nil
}

// allPrepared returns what is prepared of each message, and prepares those that come
// without on all processors.
func (db *DB) allPrepared(messages []bouncehound.Judged) []*prepared {
	all := make([]*prepared, len(messages))
	var missing []int
	for i := range messages {
		var ok bool
		if all[i], ok = messages[i].Prepared.(*prepared); !ok {
			missing = append(missing, i)
		}
	}
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(missing)) {
		workers.Go(func() {
			for i := range next {
				all[i] = db.prepare(&messages[i])
			}
		})
	}
	for _, i := range missing {
		next <- i
	}
	close(next)
	workers.Wait()
	return all
}
