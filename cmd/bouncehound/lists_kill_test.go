package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// child starts a command line on a store in a process of its own, whose standard input
// is the returned pipe.
func child(t *testing.T, store string, args ...string) (*exec.Cmd, io.WriteCloser) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, append(args, "--store", store)...)
	cmd.Args[0] = "bouncehound" // what makes the test binary the command, see TestMain
	cmd.Env = append(os.Environ(), "BOUNCEHOUND_CONFIG="+emptyConfig(t))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, in
}

// complete runs a command line on a store to its end, in this process.
func complete(t *testing.T, store, stdin string, args ...string) string {
	t.Helper()
	var out, errs strings.Builder
	p := &program{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, now: time.Now, storePath: store,
		environ: []string{"BOUNCEHOUND_CONFIG=" + emptyConfig(t)}}
	if code := p.run(t.Context(), append(args, "--store", store)); code != 0 {
		t.Fatalf("%s: exit %d: %s%s", args, code, out.String(), errs.String())
	}
	return out.String()
}

func emptyConfig(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "empty.toml")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func listOf(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "u%05d@example.com,%d\n", i, i)
	}
	return b.String()
}

// flagged counts the contacts that stand at do_not_email, and the events that told so.
func flagged(t *testing.T, store *db.DB) (contacts, events int) {
	t.Helper()
	for _, err := range store.Contacts(t.Context(), db.ContactFilter{Standing: []bouncehound.Standing{bouncehound.DoNotEmail}}) {
		if err != nil {
			t.Fatal(err)
		}
		contacts++
	}
	all, _, err := store.Pending(t.Context(), bouncehound.Cursor{}, []bouncehound.EventType{bouncehound.ContactDoNotEmail}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return contacts, len(all)
}

// TestKillImport kills an import between and within its transactions: what was added
// was told, the rest is added by the next one, nothing twice, and all of it is taken
// back, by an undo that is killed too.
func TestKillImport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.db")
	store, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	commits := make(chan struct{}, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watching := make(chan error, 1)
	go func() { watching <- store.Watch(ctx, func() { commits <- struct{}{} }, func() {}) }()

	// killed starts a command line and kills it once it has committed n times more.
	killed := func(n int, in string, args ...string) {
		t.Helper()
		for len(commits) > 0 {
			<-commits
		}
		cmd, stdin := child(t, path, args...)
		go func() { // fails when it is killed
			_, _ = io.WriteString(stdin, in)
			stdin.Close()
		}()
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for range n {
			select {
			case <-commits:
			case <-ended:
				return // it was quicker than we could see
			case <-time.After(time.Minute):
				t.Fatal("nothing was committed")
			}
		}
		_ = cmd.Process.Kill()
		<-ended
	}
	const all = 5_000
	list := "email,n\n" + listOf(0, all)
	for round := range 3 {
		killed(round+1, list, "import", "--do-not-email", "-")
		contacts, events := flagged(t, store)
		if contacts != events || contacts != all && contacts%listAtOnce != 0 {
			t.Errorf("round %d: %d contacts, %d events", round, contacts, events)
		}
	}
	if out := complete(t, path, list, "import", "--do-not-email", "-"); !strings.Contains(out, fmt.Sprintf("%d rows:", all)) {
		t.Error(out)
	}
	if contacts, events := flagged(t, store); contacts != all || events != all {
		t.Errorf("%d contacts, %d events, want %d", contacts, events, all)
	}
	var batches []int64
	for l, err := range store.Lists(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, l.Batch)
	}
	for _, batch := range batches {
		killed(1, "", "import", "--undo", fmt.Sprint(batch))
		complete(t, path, "", "import", "--undo", fmt.Sprint(batch))
	}
	if contacts, _ := flagged(t, store); contacts != 0 {
		t.Errorf("%d contacts are still flagged", contacts)
	}
	released, _, err := store.Pending(t.Context(), bouncehound.Cursor{}, []bouncehound.EventType{bouncehound.ContactReleased}, 0)
	if err != nil || len(released) != all {
		t.Errorf("%d were told to be released, %v", len(released), err)
	}
	cancel()
	if err := <-watching; err != nil {
		t.Error(err)
	}
}

// TestKillClean kills clean while it writes: the files are as they were, the list that
// was to be replaced too.
func TestKillClean(t *testing.T) {
	dir := t.TempDir()
	path, out, removed := filepath.Join(dir, "b.db"), filepath.Join(dir, "out.csv"), filepath.Join(dir, "removed.csv")
	complete(t, path, "email\n"+listOf(0, 100), "import", "--do-not-email", "-")
	before := []byte("email,n\r\nlena@example.com,before\r\n")
	if err := os.WriteFile(out, before, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, in := child(t, path, "clean", "-", "--out", out, "--removed", removed)
	list := "email,n\n" + listOf(0, 40_000)
	// All but what pipe and buffers hold has been read once this is written.
	if _, err := io.WriteString(in, list[:600<<10]); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // says only that it was killed
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, before) {
		t.Errorf("the list became %.60q, %v", got, err)
	}
	if _, err := os.Stat(removed); err == nil {
		t.Error("a file of removed rows is there")
	}
	// Done again, it is as if nothing had happened.
	complete(t, path, list, "clean", "-", "--out", out, "--removed", removed)
	if got, err := os.ReadFile(out); err != nil || string(got) != "email,n\n"+listOf(100, 40_000) {
		t.Errorf("kept %d octets, %v", len(got), err)
	}
	if got, err := os.ReadFile(removed); err != nil || bytes.Count(got, []byte("\n")) != 101 {
		t.Errorf("removed %.200q, %v", got, err)
	}
}
