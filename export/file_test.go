package export

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// holds checks what a file holds and that nothing else is left in its directory.
func holds(t *testing.T, path, want string, others ...string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1+len(others) {
		t.Errorf("beside it there is %v, %v; want %v", entries, err, others)
	}
}

func TestToFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.csv")
	if err := ToFile(path, 0o600, text("one")); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "one")
	wantMode(t, path, 0o600)
	if err := os.Chmod(path, 0o664); err != nil {
		t.Fatal(err)
	}
	if err := ToFile(path, 0o600, func(w io.Writer) error {
		holds(t, path, "one", "the temporary file") // readers see the old one until the end
		return text("two")(w)
	}); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "two")
	wantMode(t, path, 0o664)
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != want {
		t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
	}
}

// Half written is not written: the old file stays, to the octet, and no other is
// left behind.
func TestToFileFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.csv")
	broken := errors.New("disk gone")
	half := func(w io.Writer) error { return errors.Join(text("ha")(w), broken) }
	if err := ToFile(path, 0o600, half); !errors.Is(err, broken) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ToFile(path, 0o600, half); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	holds(t, path, "old")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		ToFile(path, 0o600, func(io.Writer) error { panic("boom") }) //nolint
	}()
	holds(t, path, "old")
	if err := ToFile(filepath.Dir(path), 0o600, text("x")); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	missing := filepath.Join(filepath.Dir(path), "none", "list.csv")
	if err := ToFile(missing, 0o600, text("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a missing directory: %v", err)
	}
	if err := ToFile(path+"/list.csv", 0o600, text("x")); err == nil {
		t.Error("a file was taken for a directory")
	}
}

// Whoever mistakes the name of the store for that of a list keeps the store.
func TestToFileOverStore(t *testing.T) {
	const store = "SQLite format 3\x00 and everything that was ever learned"
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, []byte(store), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "list.csv")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		if err := ToFile(name, 0o600, text("one")); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		holds(t, path, store)
	}
}

// A link is followed and stays a link, wherever the file it leads to lies and
// whether or not that exists yet.
func TestToFileThroughLinks(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "data/deep"), 0o700))
	must(os.Mkdir(filepath.Join(dir, "links"), 0o700))
	must(os.Symlink("data/deep", filepath.Join(dir, "deep")))
	// "../" after a linked directory is that of where the link leads.
	must(os.Symlink("../deep/../list.csv", filepath.Join(dir, "links/latest.csv")))
	must(os.Symlink(filepath.Join(dir, "links/latest.csv"), filepath.Join(dir, "links/again.csv")))
	for _, want := range []string{"new", "replaced"} {
		must(ToFile(filepath.Join(dir, "links/again.csv"), 0o600, text(want)))
		holds(t, filepath.Join(dir, "data/list.csv"), want, "deep")
	}
	for _, link := range []string{"links/latest.csv", "links/again.csv"} {
		if info, err := os.Lstat(filepath.Join(dir, link)); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s: %v, %v", link, info, err)
		}
	}
	must(os.Symlink("loop", filepath.Join(dir, "loop")))
	if err := ToFile(filepath.Join(dir, "loop"), 0o600, text("x")); err == nil {
		t.Error("a link to itself was written to")
	}
}

// In the working directory, where a path has no directory in it.
func TestToFileHere(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := ToFile("list.csv", 0o600, text("x")); err != nil {
		t.Fatal(err)
	}
	holds(t, "list.csv", "x")
}

// A pipe is written to; it must not be replaced by a file.
func TestToFileToPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	read := make(chan string)
	go func() {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		read <- string(got)
	}()
	if err := ToFile(path, 0o600, text("through")); err != nil {
		t.Error(err)
	}
	if got := <-read; got != "through" {
		t.Errorf("read %q", got)
	}
	broken := errors.New("no more")
	if err := ToFile(os.DevNull, 0o600, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("to the null device: %v", err)
	}
}

// What a killed process left is removed a day later; nothing else is.
func TestToFileSweeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.csv")
	for name, age := range map[string]time.Duration{
		".bouncehound-old.tmp": 25 * time.Hour,
		".bouncehound-new.tmp": 23 * time.Hour, // may be another export's that is under way
		"old.tmp":              25 * time.Hour,
		".bouncehound-old.csv": 25 * time.Hour,
	} {
		file := filepath.Join(filepath.Dir(path), name)
		at := time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := ToFile(path, 0o600, text("x")); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "x", ".bouncehound-new.tmp", "old.tmp", ".bouncehound-old.csv")
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), ".bouncehound-old.tmp")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old temporary file: %v", err)
	}
}
