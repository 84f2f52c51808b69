package classifier

// An automaton finds every literal of a set in one pass over a text, whatever
// their number (Aho and Corasick, Efficient string matching, CACM 18 (6), 1975).
// Its states are numbered breadth first, so that the children of a state stand
// side by side; most have one child, and looking among them is a short scan.
type automaton struct {
	root  [256]int32 // the transitions of state 0, which all texts pass most often
	first []int32    // the first child of each state
	count []uint8    // the number of children less one is never above 255; 0: none
	label []byte     // the byte that leads to each state
	fail  []int32    // the state of the longest proper suffix
	found []int32    // the literal that ends in each state, -1: none
	dict  []int32    // the nearest state on the way of fail with a literal, 0: none

	phrases [][]int32 // by literal: the phrases it is the key of
}

// newAutomaton builds the automaton of literals, which must not be empty strings
// and must differ from each other.
func newAutomaton(literals []string) *automaton {
	type node struct {
		child, sibling int32
		label          byte
		literal        int32
	}
	trie := []node{{child: -1, sibling: -1, literal: -1}}
	for n, literal := range literals {
		at := int32(0)
		for i := range len(literal) {
			next := trie[at].child
			for next >= 0 && trie[next].label != literal[i] {
				next = trie[next].sibling
			}
			if next < 0 {
				next = int32(len(trie))
				trie = append(trie, node{child: -1, sibling: trie[at].child, label: literal[i], literal: -1})
				trie[at].child = next
			}
			at = next
		}
		trie[at].literal = int32(n)
	}

	size := len(trie)
	a := &automaton{
		first: make([]int32, size), count: make([]uint8, size), label: make([]byte, size),
		fail: make([]int32, size), found: make([]int32, size), dict: make([]int32, size),
	}
	a.found[0] = -1
	order, parent := make([]int32, 1, size), make([]int32, size) // trie nodes, breadth first
	for state := 0; state < len(order); state++ {
		a.first[state] = int32(len(order))
		for child := trie[order[state]].child; child >= 0; child = trie[child].sibling {
			next := int32(len(order))
			order = append(order, child)
			a.label[next], a.found[next], parent[next] = trie[child].label, trie[child].literal, int32(state)
			a.count[state]++
		}
	}
	for state := a.first[0]; state < a.first[0]+int32(a.count[0]); state++ {
		a.root[a.label[state]] = state
	}
	for state := int32(1); state < int32(size); state++ {
		if parent[state] != 0 {
			a.fail[state] = a.step(a.fail[parent[state]], a.label[state])
		}
		if f := a.fail[state]; a.found[f] >= 0 {
			a.dict[state] = f
		} else {
			a.dict[state] = a.dict[f]
		}
	}
	return a
}

func (a *automaton) step(state int32, c byte) int32 {
	for state != 0 {
		first := a.first[state]
		for next := first; next < first+int32(a.count[state]); next++ {
			if a.label[next] == c {
				return next
			}
		}
		state = a.fail[state]
	}
	return a.root[c]
}

// scan calls hit for each literal found in text, with the position behind it.
func (a *automaton) scan(text []byte, hit func(literal int32, end int)) {
	state := int32(0)
	for i, c := range text {
		state = a.step(state, c)
		for s := state; s != 0; s = a.dict[s] {
			if a.found[s] >= 0 {
				hit(a.found[s], i+1)
			}
		}
	}
}
