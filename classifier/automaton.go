package classifier

import (
	"slices"
	"strings"
)

// An automaton finds every literal of a set in one pass over a text, whatever
// their number (Aho and Corasick, Efficient string matching, CACM 18 (6), 1975).
// Its states are numbered breadth first, so that the children of a state stand
// side by side; most have one child, and looking among them is a short scan.
type automaton struct {
	root   [256]int32 // the transitions of state 0, which all texts pass most often
	states []state

	phrases [][]int32 // by literal: the phrases it is the key of
}

type state struct {
	first int32 // the first child
	fail  int32 // the state of the longest proper suffix
	out   int32 // this state if a literal ends in it, else the nearest such one on the way of fail; 0: none
	next  int32 // where the way of out goes on behind this state
	found int32 // the literal that ends here, -1: none
	count uint8 // how many children
	label byte  // the byte that leads here
}

// newAutomaton builds the automaton of literals, which must not be empty strings
// and must differ from each other.
func newAutomaton(literals []string) *automaton {
	type node struct {
		child, sibling int32
		label          byte
		literal        int32
	}
	sorted, total := make([]int32, len(literals)), 1
	for n := range literals {
		sorted[n] = int32(n)
		total += len(literals[n])
	}
	slices.SortFunc(sorted, func(x, y int32) int { return strings.Compare(literals[x], literals[y]) })

	// In that order a literal shares its beginning with the one before it or with none.
	trie := make([]node, 1, total)
	trie[0] = node{child: -1, sibling: -1, literal: -1}
	way, before := make([]int32, 1, 64), "" // the nodes along the literal before
	for _, n := range sorted {
		literal, shared := literals[n], 0
		for shared < len(literal) && shared < len(before) && literal[shared] == before[shared] {
			shared++
		}
		way, before = way[:shared+1], literal
		for i := shared; i < len(literal); i++ {
			at, next := way[i], int32(len(trie))
			trie = append(trie, node{child: -1, sibling: trie[at].child, label: literal[i], literal: -1})
			trie[at].child = next
			way = append(way, next)
		}
		trie[way[len(literal)]].literal = n
	}

	a := &automaton{states: make([]state, len(trie))}
	a.states[0].found = -1
	order, parent := make([]int32, 1, len(trie)), make([]int32, len(trie)) // trie nodes, breadth first
	for at := range a.states {
		a.states[at].first = int32(len(order))
		for child := trie[order[at]].child; child >= 0; child = trie[child].sibling {
			next := int32(len(order))
			order = append(order, child)
			a.states[next].label, a.states[next].found, parent[next] = trie[child].label, trie[child].literal, int32(at)
			a.states[at].count++
		}
	}
	for at := a.states[0].first; at < a.states[0].first+int32(a.states[0].count); at++ {
		a.root[a.states[at].label] = at
	}
	for at := int32(1); at < int32(len(trie)); at++ {
		s := &a.states[at]
		if parent[at] != 0 {
			s.fail = a.step(a.states[parent[at]].fail, s.label)
		}
		s.next = a.states[s.fail].out
		if s.out = s.next; s.found >= 0 {
			s.out = at
		}
	}
	return a
}

func (a *automaton) step(at int32, c byte) int32 {
	for at != 0 {
		s := &a.states[at]
		children := a.states[s.first : s.first+int32(s.count)]
		for i := range children {
			if children[i].label == c {
				return s.first + int32(i)
			}
		}
		at = s.fail
	}
	return a.root[c]
}

// scan calls hit for each literal found in text, with the position behind it.
func (a *automaton) scan(text []byte, hit func(literal int32, end int)) {
	at := int32(0)
	for i, c := range text {
		at = a.step(at, c)
		for s := a.states[at].out; s != 0; s = a.states[s].next {
			hit(a.states[s].found, i+1)
		}
	}
}
