package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContributing follows "Add a format in an hour" of CONTRIBUTING.md to the letter, in a
// copy of the tree: its files written, its line put in the list, its commands run.
func TestContributing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a copy of the tree")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not here")
	}
	page, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "\n## Add a format in an hour\n")
	text, _, ended := strings.Cut(text, "\n## ")
	if !found || !ended {
		t.Fatal("CONTRIBUTING.md has no such chapter")
	}
	tree := copyOfTree(t, "../..")

	files := 0
	for _, b := range regexp.MustCompile("(?ms)^```([a-z]+) (\\S+)(?: before (.*?))?\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		path, anchor, content := filepath.Join(tree, b[2]), b[3], b[4]
		old, err := os.ReadFile(path)
		switch {
		case anchor != "": // a line put before another
			if err != nil || bytes.Count(old, []byte(anchor)) != 1 {
				t.Fatalf("%s: %q does not stand there once: %v", b[2], anchor, err)
			}
			at := 1 + bytes.LastIndexByte(old[:bytes.Index(old, []byte(anchor))], '\n')
			content = string(old[:at]) + content + string(old[at:])
		case err == nil: // added at the end
			content = string(old) + "\n" + content
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		files++
	}
	if files != 6 {
		t.Fatalf("the chapter has %d files, not 6", files)
	}
	oneMore(t, filepath.Join(tree, "testdata/README.md"), text)

	goldens := goldenFiles(t, tree)
	if !strings.Contains(text, "go test ./cmd/bouncehound -run TestGolden/acme -update\n") {
		t.Fatal("the chapter does not say how to write the golden file")
	}
	inTree(t, tree, "go", "test", "./cmd/bouncehound", "-run", "TestGolden", "-update")
	for path, want := range goldens {
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s changed, %v", path, err)
		}
	}
	for file, want := range map[string]string{
		"testdata/acme/unknown-user.json":            `"format":"acme"`,
		"testdata/quoted/acme-slip-in-a-letter.json": `"action":"none"`,
	} {
		got, err := os.ReadFile(filepath.Join(tree, file))
		if err != nil || !bytes.Contains(got, []byte(want)) {
			t.Errorf("%s: %s, %v; want %s", file, got, err, want)
		}
	}
	got, _ := os.ReadFile(filepath.Join(tree, "testdata/acme/unknown-user.json"))
	for _, want := range []string{`"recipient":"lena@example.net"`, `"status":"5.1.1"`, `"rule":"acme/carried-away"`, `"message_id":"<letter-1@example.com>"`} {
		if !bytes.Contains(got, []byte(want)) {
			t.Errorf("the golden file lacks %s: %s", want, got)
		}
	}
	inTree(t, tree, "go", "test", "./classifier", "-run", "Example|Rules")
	inTree(t, tree, "go", "test", "./cmd/bouncehound", "-run", "TestTestdataReadme")
	inTree(t, tree, "gofmt", "-l", "parser/acme.go")
}

// oneMore raises the number of quoted letters, as the chapter says.
func oneMore(t *testing.T, path, chapter string) {
	t.Helper()
	page, err := os.ReadFile(path)
	row := regexp.MustCompile("\\| `quoted` \\| ([0-9]+) \\|")
	said := row.FindSubmatch(page)
	if err != nil || said == nil || !strings.Contains(chapter, "one more in the number of `quoted`") {
		t.Fatalf("no number of quoted letters to raise: %v", err)
	}
	n, err := strconv.Atoi(string(said[1]))
	if err != nil {
		t.Fatal(err)
	}
	page = row.ReplaceAll(page, fmt.Appendf(nil, "| `quoted` | %d |", n+1))
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
}

// copyOfTree copies what go test needs of the tree into a folder of its own.
func copyOfTree(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == "dist" || e.Name() == "bouncehound" {
			continue
		}
		if !e.IsDir() {
			data, err := os.ReadFile(filepath.Join(from, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(to, e.Name()), data, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if err := os.CopyFS(filepath.Join(to, e.Name()), os.DirFS(filepath.Join(from, e.Name()))); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func goldenFiles(t *testing.T, tree string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(tree, "testdata/*/*.json"))
	if err != nil || len(paths) < 100 {
		t.Fatalf("%d golden files, %v", len(paths), err)
	}
	files := make(map[string][]byte, len(paths))
	for _, path := range paths {
		if files[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// inTree runs a command in the tree; it must succeed, and gofmt -l print nothing.
func inTree(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	out, err := cmd.CombinedOutput()
	if err != nil || name == "gofmt" && len(out) > 0 {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
