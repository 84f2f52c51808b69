package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bouncehound"
)

// maxMessageFile is how much of one message in a file is read, in octets.
const maxMessageFile = 64 << 20

// readPaths yields the messages found at paths, in the order of the names: .eml and
// other single-message files, mbox files, Maildirs, directories (with all below
// them), and "-" for the standard input. A path that cannot be read yields an error
// that names it, and the walk goes on.
func (p *program) readPaths(ctx context.Context, paths []string) iter.Seq2[bouncehound.Message, error] {
	return func(yield func(bouncehound.Message, error) bool) {
		for _, path := range paths {
			var goOn bool
			if path == "-" {
				goOn = readStream("-", p.stdin, true, yield)
			} else {
				goOn = readTree(path, yield)
			}
			if !goOn || ctx.Err() != nil {
				return
			}
		}
	}
}

type yieldMessage = func(bouncehound.Message, error) bool

// readTree yields what lies at root and below it.
func readTree(root string, yield yieldMessage) bool {
	info, err := os.Stat(root)
	if err != nil {
		return yield(bouncehound.Message{Source: root}, err)
	}
	if !info.IsDir() {
		return readFile(root, yield)
	}
	goOn := true
	// The slash at the end has the walk go in where root is a link to a directory.
	walkErr := filepath.WalkDir(root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if goOn = yield(bouncehound.Message{Source: path}, err); !goOn {
				return fs.SkipAll
			}
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			if d.Name() == "tmp" && isMaildir(filepath.Dir(path)) {
				return fs.SkipDir // deliveries that are not finished
			}
			return nil
		case !d.Type().IsRegular() && d.Type()&fs.ModeSymlink == 0:
			return nil
		case strings.HasPrefix(d.Name(), ".") || inMaildirTop(path):
			return nil // the server's own files beside the messages
		}
		if goOn = readFile(path, yield); !goOn {
			return fs.SkipAll
		}
		return nil
	})
	if goOn && walkErr != nil {
		return yield(bouncehound.Message{Source: root}, walkErr)
	}
	return goOn
}

func isMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// inMaildirTop reports whether a file lies beside the cur and new of a Maildir.
func inMaildirTop(path string) bool { return isMaildir(filepath.Dir(path)) }

func readFile(path string, yield yieldMessage) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(bouncehound.Message{Source: path}, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() { // only a link can lead here
		return yield(bouncehound.Message{Source: path}, fmt.Errorf("%s: a link to a directory is not followed; name the directory itself", path))
	}
	// What is called .eml is one message, though it may begin with a From_ line.
	mbox := !strings.EqualFold(filepath.Ext(path), ".eml") && !slices.Contains([]string{"cur", "new"}, filepath.Base(filepath.Dir(path)))
	return readStream(path, f, mbox, yield)
}

// readStream yields the one message of a stream or, if it may be an mbox and
// begins like one, each of them as NAME#N.
func readStream(name string, r io.Reader, mayBeMbox bool, yield yieldMessage) bool {
	br := bufio.NewReaderSize(r, 64<<10)
	first, err := br.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return yield(bouncehound.Message{Source: name}, err)
	}
	if i := bytes.IndexByte(first, '\n'); mayBeMbox && i > 0 && isFromLine(first[:i]) {
		return readMbox(name, br, yield)
	}
	raw, err := io.ReadAll(io.LimitReader(br, maxMessageFile+1))
	if err != nil {
		return yield(bouncehound.Message{Source: name}, fmt.Errorf("read %s: %w", name, err))
	}
	return yield(fileMessage(name, raw), nil)
}

// fileMessage is the message that raw holds, or its first part if it is too large.
func fileMessage(name string, raw []byte) bouncehound.Message {
	m := bouncehound.Message{Source: name, Size: int64(len(raw)), Raw: raw}
	if len(raw) > maxMessageFile {
		m.Raw, m.Partial = raw[:maxMessageFile], true
	}
	return m
}
