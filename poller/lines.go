package poller

import (
	"bufio"
	"bytes"
	"errors"
	"strconv"
)

// lines reads what a server says, line by line, so that each may be mended before
// go-imap reads it. The octets of literals, and lines longer than the buffer, pass as they
// are.
type lines struct {
	r       *bufio.Reader
	ready   []byte // to be read before anything else
	err     error  // what comes after that
	literal int64  // octets of a literal that are still to come
	kind    kind   // of the response that is being read
	behind  bool   // a literal of it was read, so that it goes on
	long    bool   // its line is longer than the buffer
	end     []byte // of what came of a long line
	greeted bool
	first   string // how it greeted, as far as people want to see it
	scratch []byte
}

// Read implements io.Reader. It waits for no more than one line.
func (l *lines) Read(p []byte) (n int, err error) {
	for n < len(p) {
		switch {
		case len(l.ready) > 0:
			done := copy(p[n:], l.ready)
			l.ready, n = l.ready[done:], n+done
		case l.err != nil && n == 0:
			err, l.err = l.err, nil
			return 0, err
		case l.err != nil || n > 0 && !l.waiting():
			return n, nil
		case l.literal > 0:
			done, err := l.r.Read(p[n:min(int64(len(p)), int64(n)+l.literal)])
			l.literal -= int64(done)
			return n + done, err
		default:
			l.next(l.r.ReadSlice('\n'))
		}
	}
	return n, nil
}

// waiting reports whether more has come already.
func (l *lines) waiting() bool {
	if l.literal > 0 {
		return l.r.Buffered() > 0
	}
	come, _ := l.r.Peek(l.r.Buffered())
	return bytes.IndexByte(come, '\n') >= 0
}

// next takes a line, or what came of it.
func (l *lines) next(line []byte, err error) {
	l.ready = line
	if !l.greeted && !l.long {
		l.first = printable(string(bytes.TrimSpace(line[:min(len(line), 200)])))
	}
	if !l.behind && !l.long {
		l.kind = kindOf(line)
	}
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			l.end = append(l.end, line...)
			l.end = append(l.end[:0], l.end[max(0, len(l.end)-longestSize):]...)
			l.long = true
		} else {
			l.err = err
		}
		return
	}
	l.end = append(l.end, line[max(0, len(line)-longestSize):]...)
	size, literal := announced(l.end)
	l.end = l.end[:0]
	literal = literal && l.kind != status
	if !l.long {
		l.ready = l.mended(line, literal)
	}
	if len(l.ready) == 0 { // a line that is left out changes nothing
		return
	}
	l.greeted, l.behind, l.long = true, literal, false
	if literal {
		l.literal = size
	}
}

// longestSize is more than the announcement of a literal takes, with its line end.
const longestSize = 64

// announced returns the size of the literal that a line ends with (RFC 9051 section 4.3).
// go-imap takes one though a space follows.
func announced(line []byte) (size int64, literal bool) {
	line = bytes.TrimRight(line, " \r\n")
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || line[len(line)-1] != '}' {
		return 0, false
	}
	size, err := strconv.ParseInt(string(line[open+1:len(line)-1]), 10, 64)
	return size, err == nil && size >= 0
}
