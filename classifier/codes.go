package classifier

import (
	"strconv"
	"strings"
)

// A status is an enhanced status code, RFC 3463. In a rule -1 stands for any; the
// zero status is none.
type status [3]int16

// parseStatus reads "5.1.1"; it returns the zero status for anything else.
func parseStatus(s string) status {
	st, ok := readStatus(s)
	if !ok || st[0] < 0 || st[1] < 0 || st[2] < 0 {
		return status{}
	}
	return st
}

// readStatuses reads a status as rules write it, "5.1.1", "*.1.1", "5.7.*", or a
// range of details, "5.7.900-999".
func readStatuses(s string) ([]status, bool) {
	s, last, ranged := strings.Cut(s, "-")
	st, ok := readStatus(s)
	if !ok || st.stars() == 3 {
		return nil, false
	}
	list := []status{st}
	if ranged {
		to, ok := readNumber(last)
		if !ok || st[2] < 0 || to <= st[2] {
			return nil, false
		}
		for st[2] < to {
			st[2]++
			list = append(list, st)
		}
	}
	return list, true
}

// readStatus reads "5.1.1" and, with stars, "*.1.1" or "5.7.*".
func readStatus(s string) (st status, ok bool) {
	for i := range st {
		part, rest, more := strings.Cut(s, ".")
		if more != (i < 2) {
			return status{}, false
		}
		if st[i], ok = readNumber(part); !ok {
			return status{}, false
		}
		s = rest
	}
	return st, st[0] == -1 || st[0] == 2 || st[0] == 4 || st[0] == 5
}

func readNumber(s string) (int16, bool) {
	if s == "*" {
		return -1, true
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || i == 3 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return int16(n), s != ""
}

// meets says whether st is one of those that pattern stands for.
func (st status) meets(pattern status) bool {
	if st == (status{}) {
		return false
	}
	for i, n := range pattern {
		if n != -1 && n != st[i] {
			return false
		}
	}
	return true
}

// stars counts what a pattern leaves open.
func (st status) stars() int {
	n := 0
	for _, part := range st {
		if part == -1 {
			n++
		}
	}
	return n
}

// readReply reads "550" and, as rules write it, "55*" or "5**": a range of codes.
func readReply(s string) (from, to int, ok bool) {
	if len(s) != 3 {
		return 0, 0, false
	}
	digits := strings.TrimRight(s, "*")
	from, err := strconv.Atoi(digits + strings.Repeat("0", 3-len(digits)))
	if err != nil || from < 200 {
		return 0, 0, false
	}
	to, err = strconv.Atoi(digits + strings.Repeat("9", 3-len(digits)))
	return from, to, err == nil
}

// A codeIndex finds the rules that ask for a code and for no text.
type codeIndex struct {
	byStatus map[status][]candidate
	open     [8]bool // which parts, a bit each, some pattern of byStatus leaves open
	byReply  map[int][]candidate
}

// status calls visit with the rules for each pattern that st meets.
func (x *codeIndex) status(st status, visit func([]candidate)) {
	if st == (status{}) {
		return
	}
	for mask, some := range x.open {
		if !some {
			continue
		}
		pattern := st
		for i := range pattern {
			if mask&(1<<i) != 0 {
				pattern[i] = -1
			}
		}
		if list := x.byStatus[pattern]; list != nil {
			visit(list)
		}
	}
}

func (x *codeIndex) addStatus(pattern status, c candidate) {
	mask := 0
	for i, n := range pattern {
		if n == -1 {
			mask |= 1 << i
		}
	}
	x.open[mask] = true
	x.byStatus[pattern] = append(x.byStatus[pattern], c)
}

func (x *codeIndex) reply(code int, visit func([]candidate)) {
	if list := x.byReply[code]; list != nil {
		visit(list)
	}
}
