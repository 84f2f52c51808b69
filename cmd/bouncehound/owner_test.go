package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bouncehound/poller/imaptest"
)

// TestRootBecomesOwner: what root polls into a store of another user's belongs to
// that user, who can go on with it.
func TestRootBecomesOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can take another user's ids")
	}
	const nobody = 65534
	w := newWorld(t, imaptest.Memory(t), "")
	w.append(unknownUser("1", "lena@example.com"))
	for dir := filepath.Dir(w.store); dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(filepath.Dir(w.store), nobody, nobody); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bouncehound := func(args ...string) (string, error) {
		cmd := exec.Command(self, args...)
		cmd.Args[0] = "bouncehound"
		cmd.Env = append(os.Environ(), "BOUNCEHOUND_CONFIG="+w.config)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for range 2 { // the first makes the store, the second finds it
		if out, err := bouncehound("poll"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		files, err := filepath.Glob(w.store + "*")
		if err != nil || len(files) < 2 {
			t.Fatalf("files %q, %v", files, err)
		}
		for _, file := range files {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			mode := os.FileMode(0o600)
			if info.IsDir() {
				mode = 0o700
			}
			if owner := info.Sys().(*syscall.Stat_t); owner.Uid != nobody || owner.Gid != nobody || info.Mode().Perm() != mode {
				t.Errorf("%s: owner %d:%d, mode %v", file, owner.Uid, owner.Gid, info.Mode())
			}
		}
	}
	// Root's own folders are shut then, which is said.
	own := t.TempDir()
	if err := os.Chmod(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := bouncehound("export", "contacts", "--out", filepath.Join(own, "contacts.csv")); err == nil || !strings.Contains(out, "hint: user 65534 ") {
		t.Errorf("export to root's folder: %v\n%s", err, out)
	}
	if out, err := bouncehound("backup", filepath.Join(own, "copy.db")); err == nil || !strings.Contains(out, "install -d -o 65534 -m 0700") {
		t.Errorf("backup to root's folder: %v\n%s", err, out)
	}
	if err := os.Chown(own, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if out, err := bouncehound("backup", filepath.Join(own, "copy.db")); err != nil {
		t.Errorf("backup to the owner's folder: %v\n%s", err, out)
	}
}
