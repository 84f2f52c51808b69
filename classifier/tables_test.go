package classifier

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bouncehound"
)

// The tables lie beside the repository where it is developed.
const tables = "../../shared/reference"

// readTable returns the rows of a table without its header, by column name.
func readTable(t *testing.T, name string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(tables, name))
	if err != nil {
		t.Skipf("the reference tables are not here: %v", err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	names := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			if i < len(names) {
				row[names[i]] = cell
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// A score counts how often what was wanted was got.
type score struct {
	name       string
	right, all int
	confused   map[string]int
}

func (s *score) add(want, got string) {
	s.all++
	if want == got {
		s.right++
		return
	}
	if s.confused == nil {
		s.confused = map[string]int{}
	}
	s.confused[want+" called "+got]++
}

func (s *score) percent() float64 { return 100 * float64(s.right) / float64(max(s.all, 1)) }

func (s *score) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of %d right, %.1f %%", s.name, s.right, s.all, s.percent())
	var names []string
	for name := range s.confused {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.confused[b], s.confused[a]), cmp.Compare(a, b))
	})
	for _, name := range names {
		fmt.Fprintf(&b, "\n  %3d %s", s.confused[name], name)
	}
	return b.String()
}

// TestDiagnosticLines judges the collected diagnostic lines. The floors are what
// was reached; a change that loses more than it wins fails here.
func TestDiagnosticLines(t *testing.T) {
	c := newBuiltin(t)
	class, reason := score{name: "class"}, score{name: "reason"}
	for _, row := range readTable(t, "diagnostics.tsv") {
		want, ok := reasonRow(bouncehound.Reason(row["category"]))
		if !ok {
			continue
		}
		if want.Class == bouncehound.None {
			continue // the label says that the line is no failure; Explain takes it for one
		}
		v := c.Explain(row["line"])
		class.add(string(want.Class), string(v.Class))
		reason.add(string(want.Reason), string(v.Reason))
		if v.Reason != want.Reason {
			t.Logf("want %s got %s by %s on %q: %s", want.Reason, v.Reason, v.Rule, v.Matched, row["line"])
		}
		if v.Class == bouncehound.Hard && (want.Fault == bouncehound.FaultSender || want.Fault == bouncehound.FaultMessage) {
			t.Errorf("fault of %s called hard by %s on %q: %s", want.Fault, v.Rule, v.Matched, row["line"])
		}
	}
	t.Log(class.String())
	t.Log(reason.String())
	if class.percent() < 98 || reason.percent() < 96 {
		t.Errorf("below the floor: class %.1f, reason %.1f", class.percent(), reason.percent())
	}
}
