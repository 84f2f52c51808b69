package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound/poller/imaptest"
)

// startLimit is how long the daemon may take until it is ready.
const startLimit = 100 * time.Millisecond

// TestStartup measures how long the daemon takes from its exec until it tells systemd
// that it is ready, with a store of 1,000,000 bounces. TEST_STARTUP names a directory for
// the store, which is made there if it is not yet, in some minutes; TEST_BINARY is
// the program, else the test binary itself.
func TestStartup(t *testing.T) {
	dir := os.Getenv("TEST_STARTUP")
	if dir == "" {
		t.Skip("TEST_STARTUP is not set: .ci/long startup")
	}
	m := &million{t: t, path: filepath.Join(dir, "startup.db"), contacts: 500_000}
	m.fill()
	w := newWorld(t, imaptest.Memory(t), "")
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), `start = "beginning"`, `start = "now"`, 1) + fmt.Sprintf("[listen]\naddress = %q\n", freePort(t))
	if err := os.WriteFile(w.config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if named := os.Getenv("TEST_BINARY"); named != "" {
		program = named
	}
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	var took []time.Duration
	for range 11 {
		cmd := exec.Command(program, "run", "--store", m.path)
		cmd.Args[0] = "bouncehound" // what makes the test binary the command, see TestMain
		cmd.Env = append(os.Environ(), "BOUNCEHOUND_CONFIG="+w.config, "NOTIFY_SOCKET="+path)
		began := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if err := socket.SetReadDeadline(began.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4096)
		n, err := socket.Read(b)
		took = append(took, time.Since(began))
		if err != nil || string(b[:n]) != "READY=1" {
			t.Errorf("heard %q, %v", b[:n], err)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		for n > 0 && string(b[:n]) != "STOPPING=1" { // what else it told
			if n, err = socket.Read(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(took)
	t.Logf("ready after %v at best, %v in the middle, %v at worst", took[0], took[len(took)/2], took[len(took)-1])
	if took[len(took)/2] > startLimit {
		t.Errorf("it takes %v until it is ready, and may take %v", took[len(took)/2], startLimit)
	}
}
