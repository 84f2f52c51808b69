package main

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"bouncehound/poller/imaptest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMain lets the test binary be the command itself: scripts run it as bouncehound.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bouncehound": main})
}

// TestScript runs the command as a person would: testdata/script/*.txtar.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("BOUNCEHOUND_CONFIG", env.WorkDir+"/bouncehound.toml")
			env.Setenv("USER", "ada")
			// Scripts that want another configuration name it with --config.
			return os.WriteFile(env.WorkDir+"/bouncehound.toml", []byte("[store]\npath = \"b.db\"\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			// imap FILE starts an IMAP server with a bounce and a webhook endpoint, and
			// writes the configuration for both.
			"imap": func(ts *testscript.TestScript, _ bool, args []string) {
				w := newWorld(t, imaptest.Memory(t), "")
				w.append(unknownUser("1", "lena@example.com"))
				text, err := os.ReadFile(w.config)
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
			},
			// provider FILE is imap FILE with an OAuth2 provider to sign in at.
			"provider": func(ts *testscript.TestScript, _ bool, args []string) {
				w := newWorld(t, imaptest.Memory(t), "")
				w.oauth2(newProvider(t), byDevice)
				text, err := os.ReadFile(w.config)
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
			},
		},
	})
}

// exits runs a command that must end with an exit code: exits CODE COMMAND [ARGS].
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit, ok := err.(*exec.ExitError); ok {
		code = exit.ExitCode()
	} else if err != nil && strings.HasPrefix(err.Error(), "exit status ") {
		code, _ = strconv.Atoi(strings.TrimPrefix(err.Error(), "exit status "))
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// run runs a command line in this process and returns what it printed.
func run(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return runContext(t, t.Context(), stdin, args...)
}

func runContext(t *testing.T, ctx context.Context, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	p := newTestProgram(t, stdin, &out, &errs)
	code = p.run(ctx, args)
	return code, out.String(), errs.String()
}
