package parser

import "strings"

// indexFold returns where the lower-case ASCII needle is in s in any case, -1 if it is not.
// It goes from one place of the needle's rarest byte to the next.
func indexFold(s, needle string) int {
	rare := 0
	for i := range len(needle) {
		if rarity[needle[i]] > rarity[needle[rare]] {
			rare = i
		}
	}
	lower := needle[rare]
	upper := lower
	if 'a' <= lower && lower <= 'z' {
		upper -= 'a' - 'A'
	}
	// Where that byte comes next, in either case.
	end := len(s) - len(needle) + rare + 1
	nextLower, nextUpper := -1, -1
	if lower == upper {
		nextUpper = len(s)
	}
	for i := rare; i < end; i++ {
		if nextLower < i {
			if nextLower = strings.IndexByte(s[i:end], lower); nextLower < 0 {
				nextLower = len(s)
			} else {
				nextLower += i
			}
		}
		if nextUpper < i {
			if nextUpper = strings.IndexByte(s[i:end], upper); nextUpper < 0 {
				nextUpper = len(s)
			} else {
				nextUpper += i
			}
		}
		if i = min(nextLower, nextUpper); i >= end {
			return -1
		}
		if equalFold(s[i-rare:i-rare+len(needle)], needle) {
			return i - rare
		}
	}
	return -1
}

// rarity ranks bytes by how seldom they stand in the text of reports, letters in lower case.
var rarity = func() (r [256]uint8) {
	for c := range r {
		r[c] = 30
	}
	for i, c := range []byte(" etaonisrdlcmuphfgybw.,-vk\n:/0123456789") {
		r[c] = uint8(min(i, 29))
	}
	return r
}()

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
	if len(s) < len(prefix) || prefix == "" || prefix[0] < 0x80 && (s[0]^prefix[0])&^0x20 != 0 {
		return prefix == "" // mostly the first letter tells
	}
	return strings.EqualFold(s[:len(prefix)], prefix)
}
