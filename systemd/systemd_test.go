// Package systemd_test holds the unit files to what the program does.
package systemd_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var _ = flag.Bool("update", false, "rewrite the golden files")

const binary = "/usr/local/bin/bouncehound"

// settings returns the settings of a unit's sections as "Section.Key=value".
func settings(t *testing.T, file string) (all []string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	section := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			all = append(all, section+"."+line)
		}
	}
	return all
}

// TestUnit holds what the program relies on: the notify protocol, the exit codes,
// the signals, and the folders of the default configuration.
func TestUnit(t *testing.T) {
	all := settings(t, "bouncehound.service")
	for _, want := range []string{
		"Service.Type=notify",
		"Service.WatchdogSec=90s",
		"Service.ExecStart=" + binary + " run --config /etc/bouncehound/bouncehound.toml",
		"Service.ExecReload=/bin/kill -HUP $MAINPID",
		"Service.Restart=on-failure",
		"Service.RestartPreventExitStatus=2",
		"Service.TimeoutStopSec=20s",
		"Service.User=bouncehound",
		"Service.StateDirectory=bouncehound",
		"Service.ConfigurationDirectory=bouncehound",
		"Service.ProtectSystem=strict",
		"Service.NoNewPrivileges=yes",
		"Install.WantedBy=multi-user.target",
	} {
		if !slices.Contains(all, want) {
			t.Errorf("the unit lacks %s", want)
		}
	}
	for i, s := range all {
		key, _, _ := strings.Cut(s, "=")
		if key != "Service.SystemCallFilter" && slices.ContainsFunc(all[:i], func(o string) bool { return strings.HasPrefix(o, key+"=") }) {
			t.Errorf("%s stands twice", key)
		}
	}
}

// TestUser holds that the unit's user is the one that the snippet makes.
func TestUser(t *testing.T) {
	data, err := os.ReadFile("bouncehound.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "\nu bouncehound ") {
		t.Error("the snippet makes no user bouncehound")
	}
}

// TestVerify has systemd itself read the unit, where it is installed.
func TestVerify(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	good := unit(t, binary, "/bin/true")
	if out, err := exec.Command(analyze, "verify", "--man=no", good).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	bad := unit(t, binary, "/bin/true", "ProtectHome=", "ProtectHomes=")
	if out, _ := exec.Command(analyze, "verify", "--man=no", bad).CombinedOutput(); !strings.Contains(string(out), "ProtectHomes") {
		t.Errorf("systemd-analyze verify let a wrong key pass: %s", out)
	}
}

// unit returns a copy of the unit file with replacements made.
func unit(t *testing.T, oldnew ...string) string {
	t.Helper()
	data, err := os.ReadFile("bouncehound.service")
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "bouncehound.service")
	if err := os.WriteFile(copied, []byte(strings.NewReplacer(oldnew...).Replace(string(data))), 0o644); err != nil {
		t.Fatal(err)
	}
	return copied
}
