//go:build man

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra/doc"
)

// main, built with the tag man, writes into a folder what the packages have besides the
// program, all made from the texts of --help: man, a manual page for each verb, and
// completions, for each shell. The program that is installed has no need of what makes them.
//
//	go run -tags man ./cmd/bouncehound DIRECTORY
func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "error: name the folder to write to")
		os.Exit(2)
	}
	if err := writeManual(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error: write the manual:", err)
		os.Exit(1)
	}
}

func writeManual(dir string) error {
	root := (&program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, now: time.Now}).command()
	root.DisableAutoGenTag = true
	man, completions := filepath.Join(dir, "man"), filepath.Join(dir, "completions")
	if err := errors.Join(os.MkdirAll(man, 0o755), os.MkdirAll(completions, 0o755)); err != nil {
		return err
	}
	header := &doc.GenManHeader{Title: "BOUNCEHOUND", Section: "1", Source: "bouncehound " + version(), Manual: "User Commands"}
	return errors.Join(
		doc.GenManTree(root, header, man),
		root.GenBashCompletionFileV2(filepath.Join(completions, "bouncehound.bash"), true),
		root.GenZshCompletionFile(filepath.Join(completions, "_bouncehound")),
		root.GenFishCompletionFile(filepath.Join(completions, "bouncehound.fish"), true),
	)
}
