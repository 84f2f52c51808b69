package config

import "strings"

// hints gives each unknown key the nearest known one as its hint: first one of
// the same entry, by its whole path, then one of the same last word anywhere.
func (d *document) hints() {
	for _, s := range d.strays {
		d.problems[s.problem].Hint = didYouMean(d.nearestKey(s))
	}
}

func (d *document) nearestKey(s stray) string {
	near := nearest(s.path, d.known[s.scope])
	if near != "" {
		return near
	}
	// The right word in the wrong table: "schedule" for "poll.schedule".
	word := s.path[strings.LastIndexByte(s.path, '.')+1:]
	for _, scope := range []string{s.scope, ""} {
		for _, path := range d.known[scope] {
			if last := path[strings.LastIndexByte(path, '.')+1:]; nearest(word, []string{last}) != "" {
				return path
			}
		}
	}
	return ""
}

func didYouMean(near string) string {
	if near == "" {
		return ""
	}
	return "did you mean " + near + "?"
}

// nearest returns the candidate that differs least from word, "" if all differ by
// more than a third. Case does not matter.
func nearest(word string, candidates []string) string {
	if len(word) > 200 {
		return ""
	}
	best, least := "", 0
	for _, c := range candidates {
		n := distance(strings.ToLower(word), strings.ToLower(c))
		if n <= max(1, (min(len(word), len(c))+1)/3) && (best == "" || n < least) {
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
