package config

import (
	"fmt"
	"strconv"
	"strings"
)

// table returns the table at key; an empty one if there is none.
func (t *table) table(key string) *table {
	t.known(key)
	sub := &table{
		doc: t.doc, scope: t.scope, label: t.label, path: join(t.path, key), place: join(t.place, key),
	}
	if t.env != "" {
		sub.env = t.env + "_" + envName(key)
	}
	switch v := t.values[key].(type) {
	case nil:
	case map[string]any:
		sub.values = v
	case []map[string]any:
		t.wrong(key, "write ["+sub.path+"]", "must be one table, not a list of tables")
	default:
		t.wrong(key, "write ["+sub.path+"]", "must be a table, not %s", kind(v))
	}
	return sub
}

// entries returns the tables of the list of tables at key, a key of the file's
// top level. They have no variables.
func (t *table) entries(key string) []*table {
	t.known(key)
	var values []map[string]any
	switch v := t.values[key].(type) {
	case nil:
	case []map[string]any:
		values = v
	case []any: // a list of inline tables
		for _, item := range v {
			m, ok := item.(map[string]any)
			if !ok {
				t.wrong(key, "write [["+key+"]]", "must be a list of tables")
				return nil
			}
			values = append(values, m)
		}
	default:
		t.wrong(key, "write [["+key+"]]", "must be a list of tables, not %s", kind(v))
	}
	entries := make([]*table, len(values))
	for i, v := range values {
		entries[i] = &table{
			doc: t.doc, scope: key, label: fmt.Sprintf("%s #%d: ", key, i+1), place: key + "[" + strconv.Itoa(i) + "]", values: v,
		}
	}
	return entries
}

// maxName is the greatest length of a name.
const maxName = 64

// named returns the entries at key, each of which has a name of its own and the
// variables of that name.
func (t *table) named(key string) []*table {
	entries := t.entries(key)
	seen := map[string]int{}
	for _, e := range entries {
		var name string
		e.need("name", &name)
		if name == "" {
			continue
		}
		if len(name) > maxName || strings.Trim(name, nameChars) != "" {
			e.wrong("name", "", "may hold only letters, digits, \"-\", \"_\" and \".\", at most %d of them", maxName)
			continue
		}
		if line, twice := seen[name]; twice {
			e.wrong("name", "", "%q is the name of another %s (line %d)", name, key, line)
			continue
		}
		seen[name] = e.line("name")
		e.label = fmt.Sprintf("%s %q: ", key, name)
		e.env = t.env + "_" + envName(key) + "_" + envName(name)
	}
	return entries
}

const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// name returns the name of an entry.
func (t *table) name() string {
	s, _ := t.values["name"].(string)
	return s
}
