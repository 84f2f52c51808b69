package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// installed are the README's commands that change the machine they run on, or need
// systemd and a mailbox of one's own: no test runs them.
var installed = []string{
	"install -m 0755 bouncehound /usr/local/bin/bouncehound",
	"install -m 0644 systemd/bouncehound.sysusers /usr/lib/sysusers.d/bouncehound.conf",
	"systemd-sysusers",
	"install -m 0644 systemd/bouncehound.service /etc/systemd/system/bouncehound.service",
	"install -d -m 0750 -g bouncehound /etc/bouncehound",
	"install -m 0640 -g bouncehound systemd/bouncehound.toml /etc/bouncehound/bouncehound.toml",
	"install -d -m 0700 -o bouncehound -g bouncehound /var/lib/bouncehound",
	"systemctl enable --now bouncehound",
}

// TestReadme: every command of the README is run by a script of testdata/script, or
// by CI, or is one of those that no test can run.
func TestReadme(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	run := ""
	for _, path := range scripts {
		run += read(path)
	}
	ci := read("../../.ci/run")
	commands := 0
	inside := false
	for line := range strings.Lines(read("../../README.md")) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "```sh":
			inside = true
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside && line != "":
			commands++
			inScript := strings.HasPrefix(line, "bouncehound ") && strings.Contains(run, "\nexec "+line+"\n")
			if !inScript && !strings.Contains(ci, line) && !slices.Contains(installed, line) {
				t.Errorf("nothing runs %q", line)
			}
		}
	}
	if commands < 15 {
		t.Errorf("%d commands only", commands)
	}
}
