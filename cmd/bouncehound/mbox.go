package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"bouncehound"
)

// readMbox yields the messages of an mbox file (RFC 4155) as NAME#1, NAME#2, …; if
// it holds one only, as NAME. A message begins at a valid From_ line after an empty
// line or at the start of the file, and nowhere else: a line of text that begins
// with "From " is no border. Lines quoted as ">From " are left as they are.
func readMbox(name string, r *bufio.Reader, yield yieldMessage) bool {
	var raw []byte
	n, empty := 0, true
	emit := func(last bool) bool {
		source := fmt.Sprintf("%s#%d", name, n)
		if n == 1 && last {
			source = name
		}
		return yield(fileMessage(source, raw), nil)
	}
	for {
		line, err := readLine(r)
		if len(line) > 0 {
			if empty && isFromLine(line) {
				if n > 0 && !emit(false) {
					return false
				}
				n++
				raw = nil
			}
			if len(raw) <= maxMessageFile {
				raw = append(raw, line...)
			}
			empty = len(bytes.TrimRight(line, "\r\n")) == 0
		}
		if errors.Is(err, io.EOF) {
			return emit(true)
		}
		if err != nil {
			return yield(bouncehound.Message{Source: name}, fmt.Errorf("read %s: %w", name, err))
		}
	}
}

// readLine returns the next line with its end, or the first part of a very long one.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
	}
	return line, err
}

// isFromLine reports whether a line is a From_ line: "From ", an address or any
// word, and a date as asctime(3) writes it, perhaps with a zone.
func isFromLine(line []byte) bool {
	s, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r\n"), "From ")
	if !ok {
		return false
	}
	fields := strings.Fields(s)
	// The date is "Mon Jan _2 15:04[:05] 2006" with a zone before or after the year.
	for i := range fields {
		if i+4 > len(fields) || i+7 < len(fields) {
			continue
		}
		for _, layout := range fromLayouts {
			if _, err := time.Parse(layout, strings.Join(fields[i:], " ")); err == nil {
				return true
			}
		}
	}
	return false
}

var fromLayouts = []string{
	"Mon Jan 2 15:04:05 2006",
	"Mon Jan 2 15:04 2006",
	"Mon Jan 2 15:04:05 MST 2006",
	"Mon Jan 2 15:04:05 -0700 2006",
	"Mon Jan 2 15:04:05 2006 -0700",
	"Mon Jan 2 15:04:05 2006 MST",
	"Mon, 2 Jan 2006 15:04:05 -0700",
}
