package db

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// layout is RFC 3339 in UTC, of one width, so that texts sort as times do.
const layout = "2006-01-02T15:04:05.000Z"

// A stamp is a time on its way into the store or out of it. The zero time is NULL.
type stamp time.Time

func (s stamp) Value() (driver.Value, error) {
	t := time.Time(s)
	if t.IsZero() {
		return nil, nil
	}
	if y := t.UTC().Year(); y < 0 || y > 9999 {
		return nil, fmt.Errorf("time of the year %d cannot be stored", y)
	}
	return t.UTC().Format(layout), nil
}

func (s *stamp) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*s = stamp{}
		return nil
	case string:
		t, err := time.Parse(time.RFC3339, v)
		*s = stamp(t)
		return err
	}
	return fmt.Errorf("a stored time is %T, not text", v)
}

// known returns a text, or NULL for an empty one.
func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// stored returns t as it will be read back.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
