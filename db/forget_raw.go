package db

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
)

// rawPageRows is how many messages' bytes are looked through at once.
const rawPageRows = 200

// rawPage takes out the bytes of messages that name the address.
func (f *forgetting) rawPage(ctx context.Context, after, bound int64) (int64, error) {
	to, err := upTo(ctx, f.db.readers, "raw", "message", after, bound, rawPageRows)
	if err != nil || to == 0 {
		return 0, err
	}
	type row struct {
		number int64
		bytes  []byte
	}
	var naming []int64
	// In a trial the bytes of its own bounces are still there, and counted.
	for r, err := range stream(ctx, f.db.readers, "raw", func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.number, &r.bytes)
		return r, err
	}, `SELECT message, bytes FROM raw t WHERE message > ?3 AND message <= ?4 AND NOT `+ownMessage("t.message"), f.key, f.key, after, to) {
		if err != nil {
			return 0, err
		}
		text, err := io.ReadAll(flate.NewReader(bytes.NewReader(r.bytes)))
		if err != nil {
			return 0, fmt.Errorf("the bytes of message number %d: %w", r.number, err)
		}
		if f.names(text, 0) {
			naming = append(naming, r.number)
		}
	}
	if len(naming) > 0 && !f.try {
		list, err := encode(naming)
		if err != nil {
			return 0, err
		}
		err = f.db.tryWrite(ctx, func(t *transaction) error {
			_, err := t.exec(`DELETE FROM raw WHERE message IN (SELECT value FROM json_each(?))`, string(list))
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	f.done.Raw += len(naming)
	return to, nil
}

// decodings bounds how deep what is encoded is looked for in what is base64.
const decodings = 3

// names says whether the bytes of a message name the address, as they are or in one of
// the ways in which mail and web pages are encoded.
func (f *forgetting) names(text []byte, depth int) bool {
	views := [][]byte{text, quotedPrintable(text)}
	views = append(views, encodedWords(text), entities(text), entities(views[1]))
	for _, v := range views {
		if s := string(v); f.maybeNamed(s) && f.without(s, false) != s {
			return true
		}
	}
	if depth == decodings {
		return false
	}
	for _, v := range views[:2] {
		if plain := base64Runs(v); len(plain) > 0 && f.names(plain, depth+1) {
			return true
		}
	}
	return false
}

// maybeNamed is quick to say that most texts name nobody who is meant.
func (f *forgetting) maybeNamed(text string) bool {
	lower := asciiLower(text)
	for _, part := range f.parts {
		if strings.Contains(lower, part) {
			return true
		}
	}
	return false
}
