package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// licences are told by words that stand in each, and in the others not.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "Apache License"},
	{"BSD-3-Clause", "Neither the name"},
	{"MIT", "Permission is hereby granted"},
}

// TestDependencies: docs/dependencies.md lists the modules of the build, all of them and
// no others, with the licences that they come with.
func TestDependencies(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	list := exec.Command(goTool, "list", "-deps", "-tags", "netgo,osusergo,sqlite_omit_load_extension",
		"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", ".")
	list.Stderr = os.Stderr
	built, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{} // module → licence
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| ([^| ]+) \\|$").FindAllStringSubmatch(string(text), -1) {
		listed[row[1]] = row[2]
	}
	modules := map[string]string{} // → directory
	for line := range strings.Lines(string(built)) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			modules[path] = dir
		}
	}
	if len(modules) < 10 {
		t.Fatalf("%d modules", len(modules))
	}
	for path, dir := range modules {
		switch licence := licenceIn(t, dir); {
		case listed[path] == "":
			t.Errorf("%s (%s) is built in and not listed", path, licence)
		case listed[path] != licence:
			t.Errorf("%s: the list says %s, its licence is %s", path, listed[path], licence)
		}
	}
	for path := range listed {
		if modules[path] == "" {
			t.Errorf("%s is listed and not built in", path)
		}
	}
}

func licenceIn(t *testing.T, dir string) string {
	t.Helper()
	var files []string
	for _, name := range []string{"LICENSE*", "COPYING*"} {
		found, err := filepath.Glob(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return "none"
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range licences {
		if strings.Contains(string(text), l.words) {
			return l.name
		}
	}
	return "unknown"
}
