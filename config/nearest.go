package config

import "strings"

// hints gives each unknown key the nearest known one as its hint.
func (d *document) hints() {
	for _, s := range d.strays {
		d.problems[s.problem].Hint = didYouMean(d.nearestKey(s))
	}
}

// nearestKey returns a known key of the same table with a similar name, else one
// of another table: "poll.schedule" for a "schedule" in the wrong place.
func (d *document) nearestKey(s stray) string {
	parent, word := cutKey(s.path)
	var siblings []string
	for _, path := range d.known[s.scope] {
		if p, last := cutKey(path); p == parent {
			siblings = append(siblings, last)
		}
	}
	if near := nearest(word, siblings); near != "" {
		return join(parent, near)
	}
	for _, scope := range []string{s.scope, ""} {
		for _, path := range d.known[scope] {
			if _, last := cutKey(path); strings.EqualFold(last, word) {
				return path
			}
		}
	}
	return ""
}

// cutKey cuts a path before its last key.
func cutKey(path string) (parent, key string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

func didYouMean(near string) string {
	if near == "" {
		return ""
	}
	return "did you mean " + near + "?"
}

// nearest returns the candidate that differs least from word, "" if all differ by
// more than a third of the letters, or three. That one is the beginning of the other
// counts as two at most. Case does not matter.
func nearest(word string, candidates []string) string {
	if len(word) > 200 {
		return ""
	}
	best, least := "", 0
	for _, c := range candidates {
		a, b := strings.ToLower(word), strings.ToLower(c)
		n := distance(a, b)
		if min(len(a), len(b)) >= 4 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
			n = min(n, 2)
		}
		if n <= min(3, max(1, (max(len(a), len(b))+1)/3)) && (best == "" || n < least) {
			best, least = c, n
		}
	}
	return best
}

// distance counts the letters to insert, leave out, replace or swap with the next
// to make a of b (optimal string alignment).
func distance(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
