package classifier_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bouncehound"
	"bouncehound/classifier"
)

// A matrix counts what was called what, by class and by reason.
type matrix struct {
	name, what    string
	class, reason confusion
	misses        []string
	blamed        int // called hard, labelled as the fault of a sender or a message
}

// A confusion counts pairs of label and verdict.
type confusion map[[2]string]int

func newMatrix(name, what string) *matrix {
	return &matrix{name: name, what: what, class: confusion{}, reason: confusion{}}
}

// add counts one verdict. A label that is no reason of ours is left out.
func (m *matrix) add(want bouncehound.Reason, got bouncehound.Verdict, about string) {
	row, ok := rowOf(want)
	if !ok {
		return
	}
	m.class[[2]string{string(row.Class), string(got.Class)}]++
	m.reason[[2]string{string(want), string(got.Reason)}]++
	if want == got.Reason {
		return
	}
	m.misses = append(m.misses, fmt.Sprintf("want %s, got %s by %s on %q: %s", want, got.Reason, got.Rule, got.Matched, about))
	if got.Class == bouncehound.Hard && (row.Fault == bouncehound.FaultSender || row.Fault == bouncehound.FaultMessage) &&
		!strings.Contains(about, "5.1.3 The recipient address") { // docs/judgements.md, "A malformed recipient"
		m.blamed++
	}
}

// rowOf returns class and fault of a reason.
func rowOf(reason bouncehound.Reason) (classifier.ReasonRow, bool) {
	for _, row := range classifier.Reasons() {
		if row.Reason == reason {
			return row, true
		}
	}
	return classifier.ReasonRow{}, false
}

func (c confusion) percent() float64 {
	right, all := 0, 0
	for pair, n := range c {
		all += n
		if pair[0] == pair[1] {
			right += n
		}
	}
	return 100 * float64(right) / float64(max(all, 1))
}

// labelled counts the pairs that have name as their label, called those that have
// it as their verdict.
func (c confusion) labelled(name string) (n int) { return c.count(0, name) }
func (c confusion) called(name string) (n int)   { return c.count(1, name) }

func (c confusion) count(side int, name string) (n int) {
	for pair, count := range c {
		if pair[side] == name {
			n += count
		}
	}
	return n
}

// write writes the matrix in Markdown.
func (m *matrix) write(b *strings.Builder) {
	all := 0
	for _, n := range m.class {
		all += n
	}
	fmt.Fprintf(b, "\n## %s\n\n%d, %s: class %.1f %%, reason %.1f %%.\n\n", m.name, all, m.what, m.class.percent(), m.reason.percent())
	var classes, reasons []string
	for _, row := range classifier.Reasons() {
		if !slices.Contains(classes, string(row.Class)) {
			classes = append(classes, string(row.Class))
		}
		reasons = append(reasons, string(row.Reason))
	}
	present := func(c confusion) func(string) bool {
		return func(name string) bool { return c.labelled(name)+c.called(name) == 0 }
	}
	classes, reasons = slices.DeleteFunc(classes, present(m.class)), slices.DeleteFunc(reasons, present(m.reason))

	fmt.Fprintf(b, "| labelled ↓, called → | %s |\n|---|%s\n", strings.Join(classes, " | "), strings.Repeat("---:|", len(classes)))
	for _, want := range classes {
		fmt.Fprintf(b, "| %s |", want)
		for _, got := range classes {
			fmt.Fprintf(b, " %s |", cmp.Or(strings.TrimPrefix(fmt.Sprint(m.class[[2]string{want, got}]), "0"), "·"))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| reason | labelled | called so, rightly | called so, wrongly | called instead |\n|---|---:|---:|---:|---|\n")
	for _, want := range reasons {
		right := m.reason[[2]string{want, want}]
		fmt.Fprintf(b, "| %s | %d | %d | %d | %s |\n", want, m.reason.labelled(want), right, m.reason.called(want)-right, m.instead(want))
	}
}

// instead lists what else want was called, most often first.
func (m *matrix) instead(want string) string {
	var list []string
	pairs := slices.SortedFunc(maps.Keys(m.reason), func(x, y [2]string) int {
		return cmp.Or(cmp.Compare(m.reason[y], m.reason[x]), cmp.Compare(x[1], y[1]))
	})
	for _, pair := range pairs {
		if pair[0] == want && pair[1] != want {
			list = append(list, fmt.Sprintf("%s %d", pair[1], m.reason[pair]))
		}
	}
	return strings.Join(list, ", ")
}
