package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unicode"
)

const (
	commandTime = 10 * time.Second
	maxStderr   = 4 << 10 // octets of what a failed command says that are kept
)

// run runs the command and returns what it prints on stdout. The error holds what it
// says on stderr, and never what it prints.
func (f *source) run(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commandTime, fmt.Errorf("not done after %v", commandTime))
	defer cancel()
	cmd := exec.CommandContext(ctx, f.command[0], f.command[1:]...)
	cmd.Dir, cmd.Env = f.dir, f.environ
	stdout, stderr := &bounded{limit: maxSecret, strict: true}, &bounded{limit: maxStderr}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	// What a shell has started must end with it, or would hold the pipes open.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	name := f.command[0]
	if len(f.command) == 3 && name == "/bin/sh" {
		name = "the command"
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if stdout.full {
		err = fmt.Errorf("prints more than %d octets", maxSecret)
	}
	if err != nil {
		if ee, ok := errors.AsType[*exec.Error](err); ok {
			err = ee.Err // its own text repeats the name
		}
		if said := oneLine(stderr.kept); said != "" {
			return "", fmt.Errorf("read secret: %s: %w: %s", name, err, said)
		}
		return "", fmt.Errorf("read secret: %s: %w", name, err)
	}
	return trimSecret(stdout.kept, name)
}

// A bounded buffer keeps the first octets written to it. What is too much it drops,
// or, if it is strict, refuses, which ends the command by SIGPIPE.
type bounded struct {
	kept         []byte
	limit        int
	strict, full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.limit-len(b.kept))
	b.kept = append(b.kept, p[:n]...)
	if b.full = b.full || n < len(p); b.full && b.strict {
		return n, io.ErrShortWrite
	}
	return len(p), nil
}

// oneLine makes text of another program fit for an error.
func oneLine(text []byte) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(text), "?"))
	return strings.Join(strings.Fields(s), " ")
}
