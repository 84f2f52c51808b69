package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// storeOnly writes a configuration that names a store alone, and returns both.
func storeOnly(t *testing.T) (config, store string) {
	t.Helper()
	dir := t.TempDir()
	config, store = filepath.Join(dir, "bouncehound.toml"), filepath.Join(dir, "b.db")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[store]\npath = %q\n", store), 0o600); err != nil {
		t.Fatal(err)
	}
	return config, store
}

// TestReclassifyStored: what is stored of our messages is judged, and read, as they
// were when they came.
func TestReclassifyStored(t *testing.T) {
	config, _ := storeOnly(t)
	if code, out, errs := run(t, "", "import", "--config", config, "../../testdata"); code != 0 || !regexp.MustCompile(`recorded \([0-9]{3,} reports`).MatchString(out) {
		t.Fatalf("import: %d\n%s%s", code, out, errs)
	}
	for _, args := range [][]string{{"reclassify"}, {"reclassify", "--reparse"}} {
		code, out, errs := run(t, "", append(args, "--config", config)...)
		if code != 0 || out != "" || errs != "nothing differs\n" {
			t.Errorf("%v: %d\n%s%s", args, code, out, errs)
		}
	}
	// Of so many reports several have an id that begins so.
	code, out, errs := run(t, "", "explain", "--message", "0", "--config", config)
	if code != 1 || out != "" || !strings.Contains(errs, "more than one") {
		t.Errorf("explain: %d\n%s%s", code, out, errs)
	}
}

// TestReclassifyUnread: what an older version did not understand is recorded once
// this one does.
func TestReclassifyUnread(t *testing.T) {
	config, path := storeOnly(t)
	raw := []byte(unknownUser("1", "lena@example.com"))
	m := bouncehound.Message{Source: "old.eml", InternalDate: time.Now().Add(-time.Hour), Raw: raw}
	store, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	old := bouncehound.Judged{Message: m, ID: m.ID(), Report: bouncehound.Report{Unread: true}}
	if _, err := store.Record(t.Context(), db.Batch{Messages: []bouncehound.Judged{old}}, bouncehound.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want []string // in the output; none: there is none
	}{
		{[]string{"reclassify"}, nil},
		{[]string{"reclassify", "--reparse"}, []string{"verdict   lena@example.com  not understood  hard/user_unknown", "standing  lena@example.com  ok              do_not_email"}},
		{[]string{"reclassify", "--reparse", "--apply"}, []string{"verdict   lena@example.com  not understood  hard/user_unknown", "standing  lena@example.com  ok              do_not_email"}},
		{[]string{"reclassify", "--reparse", "--apply"}, nil},
		{[]string{"show", "lena@example.com"}, []string{"standing     do_not_email", "bounces      1", "cause        bounce"}},
	} {
		code, out, errs := run(t, "", append(c.args, "--config", config)...)
		if code != 0 || c.want == nil && out != "" {
			t.Errorf("%v: %d\n%s%s", c.args, code, out, errs)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%v: no %q in\n%s%s", c.args, want, out, errs)
			}
		}
	}
	if code, out, errs := run(t, "", "messages", "--unread", "--config", config); code != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("unread: %d\n%s%s", code, out, errs)
	}
}
