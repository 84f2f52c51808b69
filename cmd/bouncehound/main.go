//go:build !man

// Command bouncehound reads bounce inboxes over IMAP, works out what each returned
// mail says about each recipient, and tells the owning application which contacts
// to flag Do Not Email.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	// Nobody of ours writes there. net/http does, past log.format and log.addresses, what a
	// server says that was not asked: a line that may quote whom the event was about.
	log.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), now: time.Now, limitMemory: debug.SetMemoryLimit, collectAt: debug.SetGCPercent}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
