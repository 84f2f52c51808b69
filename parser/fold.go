package parser

import "strings"

// indexFold returns where the lower-case ASCII needle is in s in any case, -1 if it is not.
func indexFold(s, needle string) int {
	lower := needle[0]
	upper := lower
	if 'a' <= lower && lower <= 'z' {
		upper -= 'a' - 'A'
	}
	// Where the first letter comes next, in either case.
	nextLower, nextUpper := -1, -1
	if lower == upper {
		nextUpper = len(s)
	}
	for i := 0; i+len(needle) <= len(s); i++ {
		if nextLower < i {
			if nextLower = strings.IndexByte(s[i:], lower); nextLower < 0 {
				nextLower = len(s)
			} else {
				nextLower += i
			}
		}
		if nextUpper < i {
			if nextUpper = strings.IndexByte(s[i:], upper); nextUpper < 0 {
				nextUpper = len(s)
			} else {
				nextUpper += i
			}
		}
		if i = min(nextLower, nextUpper); i+len(needle) > len(s) {
			return -1
		}
		if equalFold(s[i:i+len(needle)], needle) {
			return i
		}
	}
	return -1
}

// equalFold says whether s is the lower-case ASCII text of the same length, in any case.
func equalFold(s, text string) bool {
	for i := range len(text) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != text[i] {
			return false
		}
	}
	return true
}

// containsFold says whether s contains the lower-case ASCII needle in any case.
func containsFold(s, needle string) bool { return indexFold(s, needle) >= 0 }

// hasPrefixFold says whether s begins with prefix in any case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
