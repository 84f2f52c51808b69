package db

import (
	"strings"

	"bouncehound"
)

// strangersAtOnce is how many keys one statement asks about.
const strangersAtOnce = 20

// selectStrangers returns those of the given pairs of key and domain of which
// nothing is stored.
var selectStrangers = `SELECT k.column1 FROM (VALUES (?, ?)` + strings.Repeat(`, (?, ?)`, strangersAtOnce-1) + `) k
	WHERE k.column1 IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.key = k.column1)
	AND NOT EXISTS (SELECT 1 FROM bounces b WHERE b.key = k.column1)
	AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.key IN (k.column1, k.column2) AND e.kind = 'allow' AND e.ended IS NULL)`

// meet looks up what a batch is about, and finds the strangers among its recipients: most bounces are the
// first of their address, and to ask of each apart for its contact, its facts and
// its entries costs a sixth of recording it.
func (r *recording) meet(messages []bouncehound.Judged) error {
	if err := r.lookUp(messages); err != nil {
		return err
	}
	r.strangers, r.histories = map[string]bool{}, map[string][]bouncehound.Fact{}
	args := recipients(messages)
	for len(args) > 0 {
		n := min(len(args), 2*strangersAtOnce)
		some := make([]any, 2*strangersAtOnce) // the rest is NULL
		copy(some, args[:n])
		args = args[n:]
		keys, err := collect(stream(r.ctx, r.Tx, "strangers", scanText, selectStrangers, some...))
		if err != nil {
			return err
		}
		for _, key := range keys {
			r.strangers[key], r.histories[key] = true, []bouncehound.Fact{}
		}
	}
	return nil
}

// recipients returns the keys and domains that the bounces of a batch are about. If
// our own code fails on one there are none: each message is then on its own.
func recipients(messages []bouncehound.Judged) (args []any) {
	defer func() {
		if recover() != nil {
			args = nil
		}
	}()
	seen := map[string]bool{"": true}
	for _, j := range messages {
		for _, b := range j.Bounces {
			if key := bouncehound.Key(b.Address); !seen[key] {
				seen[key] = true
				args = append(args, key, bouncehound.Domain(key))
			}
		}
	}
	return args
}
