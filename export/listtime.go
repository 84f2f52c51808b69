package export

import (
	"fmt"
	"strconv"
	"time"
)

// timeForms are the forms of a time that mean one thing only, the most common first.
// Without a zone it is UTC.
var timeForms = []string{
	time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.DateOnly, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
	"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04:05-0700", "2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02",
	time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700", "02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006",
}

// parseTime reads the time of a cell, also as seconds or milliseconds since 1970; an
// empty one is the zero time. Days and months in figures between slashes are refused:
// nobody knows which is which.
func parseTime(cell string) (time.Time, error) {
	if cell == "" {
		return time.Time{}, nil
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, cell); err == nil {
			return t.UTC(), nil
		}
	}
	if seconds, err := strconv.ParseFloat(cell, 64); err == nil {
		switch {
		case seconds >= 1e8 && seconds < 1e11:
			return time.UnixMilli(int64(seconds * 1000)).UTC(), nil
		case seconds >= 1e11 && seconds < 1e14:
			return time.UnixMilli(int64(seconds)).UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("the time %q cannot be told: write it as 2026-11-21T10:00:00Z", cell)
}
