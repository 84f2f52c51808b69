package imaptest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serversEnv names the folder that .ci/servers has laid out.
const serversEnv = "BOUNCEHOUND_TEST_SERVERS"

// A rooted server runs in a chroot of its own, with nothing in it but its packages.
type rooted struct {
	t       testing.TB
	root    string
	running []*exec.Cmd
}

// newRooted makes a copy, by hard links, of what .ci/servers has laid out under a
// name; where it has not, the test is skipped.
func newRooted(t testing.TB, name string) *rooted {
	t.Helper()
	dir := os.Getenv(serversEnv)
	if dir == "" {
		t.Skip(serversEnv + " names no folder with " + name + ": .ci/servers makes one")
	}
	if os.Getuid() != 0 {
		t.Skip("only root may chroot")
	}
	from := filepath.Join(dir, name)
	if _, err := os.Stat(filepath.Join(from, "ready")); err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp(dir, "run-"+name)
	if err != nil {
		t.Fatal(err)
	}
	r := &rooted{t: t, root: root}
	t.Cleanup(func() {
		r.stop()
		_ = os.RemoveAll(root)
	})
	if out, err := exec.Command("cp", "-al", from+"/.", root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rooted) path(name string) string { return filepath.Join(r.root, name) }

// write makes a file; one that is shared with other copies stays as it is.
func (r *rooted) write(name string, mode os.FileMode, format string, args ...any) {
	r.t.Helper()
	path := r.path(name)
	_ = os.Remove(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, fmt.Appendf(nil, format, args...), mode); err != nil {
		r.t.Fatal(err)
	}
}

// folders makes folders that belong to a user and a group.
func (r *rooted) folders(uid, gid int, names ...string) {
	r.t.Helper()
	for _, name := range names {
		if err := os.MkdirAll(r.path(name), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.Chown(r.path(name), uid, gid); err != nil {
			r.t.Fatal(err)
		}
	}
}

// start runs a program of the chroot in the background; what it says goes into a log.
func (r *rooted) start(env []string, args ...string) {
	r.t.Helper()
	cmd := r.command(env, args...)
	log, err := os.OpenFile(r.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.running = append(r.running, cmd)
}

func (r *rooted) command(env []string, args ...string) *exec.Cmd {
	return &exec.Cmd{
		Path: args[0], Args: args, Dir: "/", Env: append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, env...),
		SysProcAttr: &syscall.SysProcAttr{Chroot: r.root, Setpgid: true},
	}
}

// await waits until the ports take connections and the sockets are there.
func (r *rooted) await(ports []int, sockets ...string) {
	r.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	until := func(ready func() error) {
		r.t.Helper()
		for err := ready(); err != nil; err = ready() {
			if time.Now().After(deadline) {
				said, _ := os.ReadFile(r.path("log"))
				r.t.Fatalf("%s: %v\n%s", r.root, err, said)
			}
			time.Sleep(10 * time.Millisecond) // another process has no other way to tell
		}
	}
	for _, socket := range sockets {
		until(func() error { _, err := os.Stat(r.path(socket)); return err })
	}
	for _, port := range ports {
		until(func() error {
			conn, err := net.DialTimeout("tcp", loopback(port), time.Second)
			if err == nil {
				conn.Close()
			}
			return err
		})
	}
}

// stop kills every process that lives in the chroot, and waits until they are gone.
func (r *rooted) stop() {
	deadline := time.Now().Add(20 * time.Second)
	for r.kill() && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	for _, cmd := range r.running {
		_ = cmd.Wait()
	}
	r.running = nil
}

// kill reports whether any process was left.
func (r *rooted) kill() (any bool) {
	roots, _ := filepath.Glob("/proc/[0-9]*/root")
	for _, link := range roots {
		if root, err := os.Readlink(link); err != nil || root != r.root {
			continue // a zombie has none any more
		}
		pid, err := strconv.Atoi(strings.Split(link, "/")[2])
		if err == nil && !errors.Is(syscall.Kill(pid, syscall.SIGKILL), syscall.ESRCH) {
			any = true
		}
	}
	return any
}
