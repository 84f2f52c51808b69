package main

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A process is one of its own that runs the command.
type process struct {
	t   testing.TB
	cmd *exec.Cmd

	mu      sync.Mutex
	printed strings.Builder
	lines   chan string // of stderr
	ended   chan error
}

// start starts a command line of the world in a process of its own.
func (w *world) start(args ...string) *process {
	w.t.Helper()
	return w.startProgram("", args...)
}

// startProgram is start of a program that was built; "": the one in the test binary.
func (w *world) startProgram(self string, args ...string) *process {
	w.t.Helper()
	var err error
	if self == "" {
		self, err = os.Executable()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	d := &process{t: w.t, lines: make(chan string, 100_000), ended: make(chan error, 1)}
	d.cmd = exec.Command(self, args...)
	d.cmd.Args[0] = "bouncehound" // what makes the test binary the command, see TestMain
	d.cmd.Env = append(os.Environ(), "BOUNCEHOUND_CONFIG="+w.config)
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			d.mu.Lock()
			d.printed.WriteString(lines.Text() + "\n")
			d.mu.Unlock()
			d.lines <- lines.Text()
		}
		d.ended <- d.cmd.Wait()
	}()
	w.t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	return d
}

func (d *process) log() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.printed.String()
}

// await waits for a line of the log that holds a text, or one for each, in any order.
func (d *process) await(texts ...string) {
	d.t.Helper()
	timeout := time.After(time.Minute)
	for len(texts) > 0 {
		select {
		case line := <-d.lines:
			texts = slices.DeleteFunc(texts, func(text string) bool { return strings.Contains(line, text) })
		case <-timeout:
			d.t.Fatalf("no %q in\n%s", texts, d.log())
		}
	}
}

func (d *process) signal(s os.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// stop sends SIGTERM and returns once the process has ended well.
func (d *process) stop() {
	d.t.Helper()
	d.signal(syscall.SIGTERM)
	select {
	case err := <-d.ended:
		if err != nil {
			d.t.Fatalf("%v\n%s", err, d.log())
		}
	case <-time.After(25 * time.Second): // less than any timeout that it could be waiting for
		d.t.Fatalf("it still runs 25 s after SIGTERM\n%s", d.log())
	}
}
