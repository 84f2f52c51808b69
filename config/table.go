package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A document is one configuration while it is read.
type document struct {
	dir      string            // relative paths are relative to it
	lines    map[string]int    // line of each key, by its place: "mailbox[0].poll.schedule"
	environ  []string          // of this process
	vars     map[string]string // the variables that are ours
	claims   map[string]string // which key each variable is of
	known    map[string][]string
	schedule []func(string) error
	byValue  bool // a secret stands in the file
	problems []Problem
	strays   []stray
}

// A stray is a key that is not known; its hint waits until all known keys are.
type stray struct {
	problem int // index of its problem
	scope   string
	path    string
}

// A table is one table of the file. The functions that read its keys make them
// known, so that what they have not asked for is an error: the code that reads a
// section is its schema.
type table struct {
	doc    *document
	scope  string // "mailbox", "webhook", "export", or "" for all else: keys are known in a scope
	label  string // `mailbox "bounces": `, or ""
	path   string // in its scope: "poll", "store.retention"
	place  string // in the file: "mailbox[0].poll"
	env    string // what the names of its variables begin with; "": it has none
	values map[string]any
	asked  []string
}

// A value is what is configured for one key.
type value struct {
	raw      any    // a string if it comes from the environment
	variable string // where it comes from; empty: from the file
}

// take returns what is configured for a key, and makes it known.
func (t *table) take(key string) (value, bool) {
	t.known(key)
	if name, v, ok := t.variable(key); ok {
		return value{v, name}, true
	}
	v, ok := t.values[key]
	return value{v, ""}, ok
}

// known makes a key known.
func (t *table) known(key string) {
	t.asked = append(t.asked, key)
	if path := join(t.path, key); !slices.Contains(t.doc.known[t.scope], path) {
		t.doc.known[t.scope] = append(t.doc.known[t.scope], path)
	}
}

// set says whether a key is configured, in the environment or the file.
func (t *table) set(key string) bool {
	_, inEnv := t.doc.vars[t.env+"_"+envName(key)]
	_, inFile := t.values[key]
	return inEnv && t.env != "" || inFile
}

// wrong notes what is wrong with a key's value; an empty key is the table itself.
func (t *table) wrong(key, hint, format string, args ...any) {
	p := Problem{Key: t.label + join(t.path, key), Line: t.line(key), Text: fmt.Sprintf(format, args...), Hint: hint}
	if key == "" && t.path == "" {
		p.Key = strings.TrimSuffix(t.label, ": ")
	}
	if name := t.env + "_" + envName(key); t.doc.claims[name] != "" && t.doc.vars[name] != "" {
		p.Key, p.Line = name, 0
	}
	t.doc.problems = append(t.doc.problems, p)
}

// line returns the line of a key, or of the table if the key is not in the file.
func (t *table) line(key string) int {
	for place := join(t.place, key); place != ""; {
		if line, ok := t.doc.lines[place]; ok {
			return line
		}
		place = place[:max(strings.LastIndexByte(place, '.'), 0)]
	}
	return 0
}

// done notes the keys that nothing has asked for.
func (t *table) done() {
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		if slices.Contains(t.asked, key) {
			continue
		}
		t.doc.strays = append(t.doc.strays, stray{len(t.doc.problems), t.scope, join(t.path, key)})
		t.wrong(key, "", "unknown key")
	}
}

func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}
