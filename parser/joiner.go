package parser

import "strings"

// A joiner makes one text of many lines, each of which is added to what there is already,
// without copying that every time: thousands of short lines cost as much as a long one.
type joiner struct{ b strings.Builder }

// join returns said with what stands between and more added.
func (j *joiner) join(said, between, more string) string {
	if j.b.String() != said { // one look where it is what was returned last
		j.b.Reset()
		j.b.Grow(len(said) + len(between) + len(more))
		j.b.WriteString(said)
	}
	j.b.WriteString(between)
	j.b.WriteString(more)
	return j.b.String()
}

// spaceAfter returns what stands between said and more of it.
func spaceAfter(said string) string {
	if said == "" {
		return ""
	}
	return " "
}
