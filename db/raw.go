package db

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"bouncehound"
)

// Errors of Raw.
var (
	ErrNotFound  = errors.New("not found")
	ErrAmbiguous = errors.New("more than one message has an id that begins so")
)

// Raw returns the bytes of a message by its id or the beginning of it. The error
// wraps ErrNotFound if there is no such message or its bytes are not kept, and
// ErrAmbiguous if several ids begin so.
func (db *DB) Raw(ctx context.Context, id string) ([]byte, error) {
	numbers, err := collect(stream(ctx, db.readers, "raw", scanNumber,
		`SELECT number FROM messages WHERE id >= ? AND id < ? LIMIT 2`, strings.ToLower(id), strings.ToLower(id)+"g"))
	switch {
	case err != nil:
		return nil, err
	case len(numbers) == 0:
		return nil, fmt.Errorf("message %s: %w", id, ErrNotFound)
	case len(numbers) > 1:
		return nil, fmt.Errorf("message %s: %w", id, ErrAmbiguous)
	}
	var kept []byte
	ok, err := found(db.readers.QueryRowContext(ctx, `SELECT bytes FROM raw WHERE message = ?`, numbers[0]).Scan(&kept))
	if err != nil {
		return nil, fmt.Errorf("raw: %w", explain(err))
	}
	if !ok {
		return nil, fmt.Errorf("the bytes of message %s: %w", id, ErrNotFound)
	}
	raw, err := inflate(kept)
	if err != nil {
		return nil, fmt.Errorf("the bytes of message %s: %w", id, err)
	}
	return raw, nil
}

// worth returns those bytes of a message that are to be kept.
func (db *DB) worth(j *bouncehound.Judged) []byte {
	raw := j.Message.Raw
	switch j.Kind() {
	case bouncehound.KindOther:
		return nil
	case bouncehound.KindReport:
		switch db.raw {
		case "none":
			return nil
		case "headers":
			return header(raw)
		}
	}
	return raw
}

// header returns a message up to and with its first empty line.
func header(raw []byte) []byte {
	for i := 0; i < len(raw); {
		line := bytes.IndexAny(raw[i:], "\r\n")
		if line < 0 {
			break
		}
		end := i + line + 1
		if raw[end-1] == '\r' && end < len(raw) && raw[end] == '\n' {
			end++
		}
		if line == 0 {
			return raw[:end]
		}
		i = end
	}
	return raw
}

// A compressor is used again, because making one costs more than using it.
type compressor struct {
	*flate.Writer
	out bytes.Buffer
}

var compressors = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // only an impossible level
	}
	return &compressor{Writer: w}
}}

func compress(raw []byte) ([]byte, error) {
	c := compressors.Get().(*compressor)
	defer compressors.Put(c)
	c.out.Reset()
	c.Reset(&c.out)
	if _, err := c.Write(raw); err != nil {
		return nil, err
	}
	if err := c.Close(); err != nil {
		return nil, err
	}
	if c.out.Cap() > keptOut {
		defer func() { c.out = bytes.Buffer{} }()
	}
	return bytes.Clone(c.out.Bytes()), nil
}

// keptOut is up to which size in octets a compressor's output is used again.
const keptOut = 64 << 10

func inflate(kept []byte) ([]byte, error) { return io.ReadAll(flate.NewReader(bytes.NewReader(kept))) }
