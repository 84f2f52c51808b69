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
		if strings.Contains(row["line"], "5.1.3 The recipient address") {
			continue // docs/judgements.md, "A malformed recipient"
		}
		if v.Class == bouncehound.Hard && (want.Fault == bouncehound.FaultSender || want.Fault == bouncehound.FaultMessage) {
			t.Errorf("fault of %s called hard by %s on %q: %s", want.Fault, v.Rule, v.Matched, row["line"])
		}
	}
	t.Log(class.String())
	t.Log(reason.String())
	if class.percent() < 99 || reason.percent() < 97 {
		t.Errorf("below the floor: class %.1f, reason %.1f", class.percent(), reason.percent())
	}
}

// TestOtherTables judges what the other tables name as the string of a server.
func TestOtherTables(t *testing.T) {
	c := newBuiltin(t)
	for _, table := range []struct {
		file, want string
		line       func(row map[string]string) string
		floor      float64
	}{
		{"provider-codes.tsv", "category", func(row map[string]string) string { return row["example"] }, 96},
		{"microsoft-ndr.tsv", "category", func(row map[string]string) string {
			return strings.TrimSpace(row["reply"] + " " + row["enhanced"] + " " + row["token"] + "; " + row["text"])
		}, 95},
		{"languages.tsv", "meaning", func(row map[string]string) string {
			if row["kind"] != "ndr-reason" {
				return ""
			}
			return "550 " + row["phrase"]
		}, 96},
	} {
		s := score{name: table.file}
		for _, row := range readTable(t, table.file) {
			want, ok := reasonRow(bouncehound.Reason(row[table.want]))
			line := table.line(row)
			if !ok || want.Class == bouncehound.None || line == "" {
				continue
			}
			v := c.Explain(line)
			s.add(string(want.Reason), string(v.Reason))
			if v.Reason != want.Reason {
				t.Logf("want %s got %s by %s on %q: %s", want.Reason, v.Reason, v.Rule, v.Matched, line)
			}
		}
		t.Log(s.String())
		if s.percent() < table.floor {
			t.Errorf("%s: below the floor of %.0f: %.1f", table.file, table.floor, s.percent())
		}
	}
}

// TestMustKnow: each string that users of today's products find explained is
// decided by a rule and has words. Those that say nothing by themselves are named
// here, one by one.
func TestMustKnow(t *testing.T) {
	saysNothing := strings.Fields("5.0.0 5.1.0 5.2.0 5.3.0 5.5.0 550 551 553 554 Undetermined/Undetermined Permanent/NoEmail")
	saysNothing = append(saysNothing, "Address rejected.", "5.2.0 Other or undefined mailbox status", "5.0.0 Message Not Delivered: Unknown Issue")
	c := newBuiltin(t)
	for _, row := range readTable(t, "must-know.tsv") {
		v := c.Explain(row["string"])
		if v.Rule == "" || v.Matched == "" || v.Explanation == "" || v.Advice == "" || v.Retry == "" || v.SESType == "" {
			t.Errorf("%q is not explained: %+v", row["string"], v)
		}
		undetermined := v.Reason == bouncehound.ReasonUndetermined
		if undetermined != slices.Contains(saysNothing, row["string"]) {
			t.Errorf("%q is %s by %s", row["string"], v.Reason, v.Rule)
		}
		if undetermined {
			if r := c.byID[v.Rule]; r == nil || r.Explanation == "" {
				t.Errorf("%q says nothing, and %s has no words that tell so", row["string"], v.Rule)
			}
		}
	}
}
