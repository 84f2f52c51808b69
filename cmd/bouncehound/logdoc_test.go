package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// logKeys returns the keys of all that the program logs, each with a place where it does,
// as its source has them.
func logKeys(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	fset := token.NewFileSet()
	for _, dir := range []string{".", "../../notify", "../../poller", "../../web"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				method, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				args := call.Args
				switch method.Sel.Name {
				case "Debug", "Info", "Warn", "Error":
					if len(args) == 0 {
						return true
					}
					args = args[1:]
				case "With":
				default:
					return true
				}
				for i := 0; i < len(args); i += 2 {
					if lit, ok := args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						key, err := strconv.Unquote(lit.Value)
						if err != nil {
							t.Fatal(err)
						}
						keys[key] = fset.Position(lit.Pos()).String()
					}
				}
				return true
			})
		}
	}
	return keys
}

// TestLogDoc: docs/operations.md names every key of a line of the log, and no other.
func TestLogDoc(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n### Every key\n")
	section, _, ok := strings.Cut(section, "\n## ")
	if !ok {
		t.Fatal("no list of keys")
	}
	named := map[string]bool{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for i, part := range strings.Split(cells[1], "`") {
			if i%2 == 1 {
				named[part] = true
			}
		}
	}
	// slog's own, and those that are put together before they are logged.
	there := map[string]string{"time": "", "level": "", "msg": "", "fetched": "", "reports": "", "unread": "", "other": "", "tidied": "", "withheld": "", "connections_lost": "", "webhook": "", "export": ""}
	maps.Copy(there, logKeys(t))
	if len(there) < 30 {
		t.Errorf("%d keys only", len(there))
	}
	for _, key := range slices.Sorted(maps.Keys(there)) {
		if !named[key] {
			t.Errorf("%q of %s is not in docs/operations.md", key, there[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(named)) {
		if _, ok := there[key]; !ok {
			t.Errorf("docs/operations.md names %q, which nothing logs", key)
		}
	}
}
