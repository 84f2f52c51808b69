package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// installed are the README's and the documents' commands that change the machine they run on, or need
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
	"install -m 0640 -g bouncehound microsoft.toml /etc/bouncehound/bouncehound.toml",
	"apt-get install ./bouncehound_0.2.0-1_amd64.deb",
	"rpm -i bouncehound-0.2.0-1.x86_64.rpm",
	"systemctl status bouncehound",
	"systemctl stop bouncehound",
	"rm -f bouncehound.db-wal bouncehound.db-shm", // the three of care.txtar
	"mv new.db bouncehound.db",
	"mv before-upgrade.db bouncehound.db",
	"systemctl start bouncehound",
	"systemctl reload bouncehound",
	"systemctl disable --now bouncehound",
	"systemctl enable --now bouncehound-poll.timer",
	"systemctl enable --now bouncehound@eu",
	"journalctl -u bouncehound",
	"systemd-run --pipe --wait -p User=bouncehound -p LoadCredential=bounces:/etc/bouncehound/bounces.password bouncehound check",
	"printf %s lena@example.com | sha256sum | cut -c1-12", // TestLogHash
	"go test ./... -update",
	"git status",
}

// TestReadme: every command of the README, CONTRIBUTING and docs is run by a script of testdata/script,
// or by CI or one of its long proofs, or is one of those that no test can run.
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
	ci := read("../../.ci/run") + read("../../.ci/long") + read("contributing_test.go")
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	text := ""
	for _, path := range append(pages, "../../CONTRIBUTING.md", "../../README.md") {
		text += read(path) + "\n"
	}
	commands := 0
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "```sh":
			inside = true
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside && line != "":
			commands++
			line, _, _ = strings.Cut(line, "  #")
			line = strings.TrimRight(line, " ")
			inScript := strings.HasPrefix(line, "bouncehound ") && strings.Contains(run, "\nexec "+line+"\n")
			if !inScript && !strings.Contains(ci, line) && !slices.Contains(installed, line) {
				t.Errorf("nothing runs %q", line)
			}
		}
	}
	if commands < 40 {
		t.Errorf("%d commands only", commands)
	}
}
