package config

import (
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// text reads a text without control characters.
func (t *table) text(key string, into *string) {
	v, ok := t.take(key)
	if !ok {
		return
	}
	s, ok := v.raw.(string)
	switch {
	case !ok:
		t.wrong(key, "", `must be a text in quotes, not %s`, kind(v.raw))
	case strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s):
		t.wrong(key, "", "must be UTF-8 without control characters and line ends")
	case strings.TrimSpace(s) != s:
		t.wrong(key, "", "must not begin or end with a space")
	case s == "":
		t.wrong(key, "", "must not be empty")
	default:
		*into = s
	}
}

// need is text of a key that must be set.
func (t *table) need(key string, into *string) {
	if !t.set(key) {
		t.take(key)
		t.wrong(key, "", "is missing")
		return
	}
	t.text(key, into)
}

// file reads the path of a file.
func (t *table) file(key string, into *string) {
	before := *into
	t.text(key, into)
	if _, _, inEnv := t.variable(key); !inEnv && *into != before {
		*into = t.doc.abs(*into)
	}
}

// abs returns a path of the file relative to the file's folder.
func (d *document) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.dir, path)
}

// choice reads one of the allowed words.
func (t *table) choice(key string, into *string, allowed ...string) {
	s := *into
	n := len(t.doc.problems)
	t.text(key, &s)
	if len(t.doc.problems) > n || slices.Contains(allowed, s) {
		*into = s
		return
	}
	if !t.set(key) {
		return
	}
	t.wrong(key, didYouMean(nearest(s, allowed)), "%q is none of %s", s, quoted(allowed))
}

// flag reads true or false.
func (t *table) flag(key string, into *bool) {
	v, ok := t.take(key)
	if !ok {
		return
	}
	if v.variable != "" && (v.raw == "true" || v.raw == "false") {
		v.raw = v.raw == "true"
	}
	b, ok := v.raw.(bool)
	if !ok {
		t.wrong(key, "", "must be true or false, not %s", kind(v.raw))
		return
	}
	*into = b
}

// number reads a whole number of at least 0.
func (t *table) number(key string, into *int) {
	v, ok := t.take(key)
	if !ok {
		return
	}
	if s, isText := v.raw.(string); isText && v.variable != "" {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			v.raw = n
		}
	}
	n, ok := v.raw.(int64)
	if !ok {
		t.wrong(key, "", "must be a whole number, not %s", kind(v.raw))
		return
	}
	if n < 0 || n > math.MaxInt32 {
		t.wrong(key, "", "must be between 0 and %d", math.MaxInt32)
		return
	}
	*into = int(n)
}

// duration reads a duration between least and most.
func (t *table) duration(key string, into *time.Duration, least, most time.Duration) {
	v, ok := t.take(key)
	if !ok {
		return
	}
	s, ok := v.raw.(string)
	if !ok {
		t.wrong(key, `such as "180d"`, `must be a text in quotes, not %s`, kind(v.raw))
		return
	}
	d, err := duration(s)
	switch {
	case err != nil:
		t.wrong(key, "", "%v", err)
	case d < least:
		t.wrong(key, "", "must be at least %s", spell(least))
	case d > most:
		t.wrong(key, "", "must be at most %s", spell(most))
	default:
		*into = d
	}
}

// size reads a number of octets between least and most.
func (t *table) size(key string, into *int64, least, most int64) {
	v, ok := t.take(key)
	if !ok {
		return
	}
	n, isNumber := v.raw.(int64)
	if !isNumber {
		s, isText := v.raw.(string)
		if !isText {
			t.wrong(key, `such as "10MB"`, "must be a size, not %s", kind(v.raw))
			return
		}
		var err error
		if n, err = size(s); err != nil {
			t.wrong(key, "", "%v", err)
			return
		}
	}
	if n < least || n > most {
		t.wrong(key, "", "must be between %d and %d octets", least, most)
		return
	}
	*into = n
}

// list reads a list of different texts, not empty.
func (t *table) list(key string, into *[]string) {
	v, ok := t.take(key)
	if !ok {
		return
	}
	items, ok := v.raw.([]any)
	if v.variable != "" || !ok {
		hint := ""
		if v.variable != "" {
			hint = v.variable + " cannot be used: set it in the file"
		}
		t.wrong(key, hint, `must be a list such as ["…", "…"], not %s`, kind(v.raw))
		return
	}
	var texts []string
	for i, item := range items {
		s, isText := item.(string)
		switch {
		case !isText:
			t.wrong(key, "", "item %d must be a text in quotes, not %s", i+1, kind(item))
		case s == "" || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl):
			t.wrong(key, "", "item %d must not be empty, hold control characters or begin or end with a space", i+1)
		case slices.Contains(texts, s):
			t.wrong(key, "", "%q stands twice", s)
		default:
			texts = append(texts, s)
		}
	}
	*into = texts
}

// kind names the type of a value for people; never the value itself, which may be
// a secret.
func kind(v any) string {
	switch v.(type) {
	case string:
		return "a text"
	case int64, float64:
		return "a number"
	case bool:
		return "true or false"
	case time.Time:
		return "a date"
	case []any, []map[string]any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "nothing"
}

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = strconv.Quote(w)
	}
	return strings.Join(q, ", ")
}
