package bouncehound_test

import (
	"flag"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Every test binary takes -update, so that `go test ./... -update` works.
var _ = flag.Bool("update", false, "rewrite the golden files")

const module = "bouncehound"

// may says what the code of each folder may import besides the standard library:
// folders of ours, and libraries, which each have one door.
var may = map[string]string{
	".":               "golang.org/x/net/idna",
	"parser":          ". github.com/emersion/go-message golang.org/x/text",
	"classifier":      ". github.com/BurntSushi/toml golang.org/x/text/unicode/norm",
	"db":              ". database/sql github.com/mattn/go-sqlite3 github.com/pressly/goose/v3",
	"poller":          ". github.com/emersion/go-imap/v2 github.com/emersion/go-sasl golang.org/x/oauth2",
	"poller/imaptest": ". github.com/emersion/go-imap/v2",
	"notify":          ". github.com/standard-webhooks/standard-webhooks",
	"export":          ". golang.org/x/text",
	"web":             ". github.com/prometheus/client_golang",
	"config":          ". github.com/BurntSushi/toml",
	"systemd":         "",
	"cmd/bouncehound": ". parser classifier db poller notify export web config systemd " +
		"github.com/emersion/go-imap/v2 github.com/spf13/cobra github.com/robfig/cron/v3 " +
		"github.com/coreos/go-systemd/v22/daemon golang.org/x/sync/errgroup",
}

// TestImports holds the star: every folder imports the root package only, and
// cmd/bouncehound alone imports them all.
func TestImports(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		checked++
		for _, wrong := range wrongImports(t, filepath.ToSlash(filepath.Dir(file)), src) {
			t.Errorf("%s imports %s", file, wrong)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 10 {
		t.Errorf("looked at %d files only", checked)
	}
}

// TestImportsFails shows that the test above fails on a wrong import.
func TestImportsFails(t *testing.T) {
	for _, c := range []struct{ dir, imp string }{
		{"parser", "bouncehound/classifier"}, // no dot in the first element, yet no standard library
		{".", "bouncehound/db"},
		{"notify", "database/sql"},
		{"poller", "bouncehound/cmd/bouncehound"},
		{"cmd/bouncehound", "github.com/mattn/go-sqlite3"},
		{"parser", "github.com/emersion/go-imap/v2"},
		{"export", "github.com/emersion/go-message-other"},
		{"brandnew", "bouncehound"},
	} {
		src := []byte("package x\nimport _ " + strconv.Quote(c.imp) + "\n")
		if wrong := wrongImports(t, c.dir, src); len(wrong) != 1 || wrong[0] != c.imp {
			t.Errorf("%s may import %s", c.dir, c.imp)
		}
	}
	if wrong := wrongImports(t, "db", []byte("package x\nimport (\n_ \"bouncehound\"\n_ \"fmt\"\n_ \"github.com/pressly/goose/v3/database\"\n)")); wrong != nil {
		t.Errorf("db may not import %s", wrong)
	}
}

// wrongImports returns the imports of a file that its folder may not have.
func wrongImports(t *testing.T, dir string, src []byte) (wrong []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), dir, src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if !allowed(dir, imp) {
			wrong = append(wrong, imp)
		}
	}
	return wrong
}

func allowed(dir, imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	ours := first == module
	if !ours && !strings.Contains(first, ".") && imp != "database/sql" {
		return true // the standard library; our own module has no dot either
	}
	for _, a := range strings.Fields(may[dir]) {
		if ours && imp == path.Join(module, a) {
			return true
		}
		if !ours && (imp == a || strings.HasPrefix(imp, a+"/")) {
			return true
		}
	}
	return false
}
