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
		`Service.ExecReload=/bin/sh -c "kill -HUP $MAINPID"`,
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

// units are the service files; what they allow must not drift apart.
var units = []string{"bouncehound.service", "bouncehound-poll.service", "bouncehound@.service"}

// TestUnitsAlike holds that the three services run as the same user with the same
// restrictions: only how they are started and where an instance keeps its store differs.
func TestUnitsAlike(t *testing.T) {
	differs := []string{"Type", "ExecStart", "ExecReload", "WatchdogSec", "TimeoutStartSec", "Restart", "RestartSec", "RestartPreventExitStatus", "StateDirectory"}
	restrictions := func(file string) (all []string) {
		for _, s := range settings(t, file) {
			key, isService := strings.CutPrefix(s, "Service.")
			key, _, _ = strings.Cut(key, "=")
			if isService && !slices.Contains(differs, key) {
				all = append(all, s)
			}
		}
		return all
	}
	want := restrictions(units[0])
	if len(want) < 30 {
		t.Fatalf("%s has %d restrictions only", units[0], len(want))
	}
	for _, file := range units[1:] {
		if got := restrictions(file); !slices.Equal(got, want) {
			t.Errorf("%s has\n%s\nand %s\n%s", file, strings.Join(got, "\n"), units[0], strings.Join(want, "\n"))
		}
	}
}

// TestVerify has systemd itself read the units, where it is installed.
func TestVerify(t *testing.T) {
	analyze := systemdAnalyze(t)
	for _, file := range append(units, "bouncehound-poll.timer") {
		good := unit(t, file, binary, "/bin/true")
		if file == "bouncehound-poll.timer" { // verified with the service that it starts
			if err := os.Rename(unit(t, "bouncehound-poll.service", binary, "/bin/true"), filepath.Join(filepath.Dir(good), "bouncehound-poll.service")); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(file, "@") {
			instance := strings.Replace(good, "@", "@eu", 1)
			if err := os.Rename(good, instance); err != nil {
				t.Fatal(err)
			}
			good = instance
		}
		if out, err := exec.Command(analyze, "verify", "--man=no", good).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze verify %s: %v\n%s", file, err, out)
		}
	}
	bad := unit(t, units[0], binary, "/bin/true", "ProtectHome=", "ProtectHomes=")
	if out, _ := exec.Command(analyze, "verify", "--man=no", bad).CombinedOutput(); !strings.Contains(string(out), "ProtectHomes") {
		t.Errorf("systemd-analyze verify let a wrong key pass: %s", out)
	}
}

// TestSecurity holds the exposure that systemd computes at 1.5 of 10 or less.
func TestSecurity(t *testing.T) {
	analyze := systemdAnalyze(t)
	exposure := func(file string) error {
		out, err := exec.Command(analyze, "security", "--offline=true", "--no-pager", "--threshold=15", file).CombinedOutput()
		t.Logf("%s", out[max(0, len(out)-200):])
		return err
	}
	for _, file := range units {
		if err := exposure(unit(t, file, binary, "/bin/true")); err != nil {
			t.Errorf("systemd-analyze security %s: %v", file, err)
		}
	}
	if exposure(unit(t, units[0], "SystemCallFilter", "#SystemCallFilter", "CapabilityBoundingSet", "#CapabilityBoundingSet")) == nil {
		t.Error("a unit without its restrictions is still good enough")
	}
}

// TestPackaged holds that the package has every unit and snippet, and that its scripts are
// what a shell can read.
func TestPackaged(t *testing.T) {
	list, err := os.ReadFile("package/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/units/*", "bouncehound.sysusers", "bouncehound.tmpfiles", "bouncehound.toml", "/man/*", "/completions/"} {
		if !strings.Contains(string(list), want) {
			t.Errorf("the package has no %s", want)
		}
	}
	for _, script := range []string{"postinstall", "preremove", "postremove"} {
		if !strings.Contains(string(list), "systemd/package/"+script) {
			t.Errorf("the package does not run %s", script)
		}
		if out, err := exec.Command("sh", "-n", "package/"+script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", script, err, out)
		}
	}
}

func systemdAnalyze(t *testing.T) string {
	t.Helper()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	return analyze
}

// unit returns a copy of a unit file with replacements made.
func unit(t *testing.T, file string, oldnew ...string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(copied, []byte(strings.NewReplacer(oldnew...).Replace(string(data))), 0o644); err != nil {
		t.Fatal(err)
	}
	return copied
}
