package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A fullDisk takes so many octets and no more.
type fullDisk struct{ left int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > d.left {
		return 0, errors.New("no space left on device")
	}
	d.left -= len(b)
	return len(b), nil
}

// TestStdoutFull: results that could not be written are a failure, whatever prints them.
func TestStdoutFull(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "bouncehound.toml")
	if err := os.WriteFile(conf, fmt.Appendf(nil, "[store]\npath = %q\n", filepath.Join(t.TempDir(), "store.db")), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(t, string(unknownUser("1", "lena@example.com")), "import", "--config", conf, "-"); code != 0 {
		t.Fatal(stderr)
	}
	for _, args := range []string{"version", "explain 5.1.1", "show lena@example.com", "list", "list -o json", "export bounces", "messages", "suppress omar@example.com", "--help"} {
		var stderr strings.Builder
		p := newTestProgram(t, "", &fullDisk{left: 10}, &stderr)
		if code := p.run(t.Context(), append(strings.Fields(args), "--config", conf)); code != 1 || strings.Count(stderr.String(), "no space left") != 1 {
			t.Errorf("%s: exit %d\n%s", args, code, &stderr)
		}
	}
}
