package poller

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// What servers are known to say against the RFCs, over which go-imap v2.0.0-beta.8 ends
// the connection, is mended here. A line that follows RFC 3501 or RFC 9051 and that go-imap
// knows stays as it is; but ID, which go-imap reads wrongly, is left out, and so is ENABLED,
// which nobody here asks for and which go-imap writes to a map that it reads elsewhere.
//
// QUIRK: DavMail says "*  522 EXISTS" and puts spaces between the items of a FETCH; QQ Mail
// has one before the closing parenthesis, SurgeMail one behind the last flag. Gmail gives
// keywords with brackets, InterMail one in quotes, Dovecot one with a broken bit. Purelymail
// says [COPYUID 9 1:3 4:*], Exchange 2013 [COPYUID …] with nothing before it. Some send an
// empty line behind a literal.

// A kind is what a response is about.
type kind int

const (
	unknown kind = iota // to go-imap
	status              // OK, NO, …: text, without literals; also what is tagged and what is no response
	data
	flags
	fetch
)

// kindOf returns the kind of the response that begins with a line.
func kindOf(line []byte) kind {
	if len(line) < 2 || line[0] != '*' || line[1] != ' ' {
		return status
	}
	word, rest := nextWord(line[1:])
	if len(word) > 0 && word[0] >= '0' && word[0] <= '9' {
		word, _ = nextWord(rest)
		switch {
		case is(word, "FETCH"):
			return fetch
		case isOne(word, "EXISTS", "EXPUNGE", "RECENT"):
			return data
		}
		return unknown
	}
	switch {
	case isOne(word, "OK", "NO", "BAD", "BYE", "PREAUTH"):
		return status
	case is(word, "FLAGS"):
		return flags
	case isOne(word, "LIST", "SEARCH", "CAPABILITY", "NAMESPACE", "STATUS", "ESEARCH", "SORT", "THREAD", "METADATA", "QUOTA", "QUOTAROOT", "MYRIGHTS", "ACL"):
		return data
	}
	return unknown
}

// nextWord returns what stands between spaces.
func nextWord(line []byte) (word, rest []byte) {
	line = bytes.TrimLeft(line, " ")
	if end := bytes.IndexAny(line, " \r\n"); end >= 0 {
		return line[:end], line[end:]
	}
	return line, nil
}

func is(word []byte, name string) bool { return strings.EqualFold(string(word), name) }

func isOne(word []byte, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return is(word, name) })
}

// mended returns a line as go-imap can read it; nothing if it is to be left out.
func (l *lines) mended(line []byte, literal bool) []byte {
	blank := len(bytes.TrimSpace(line)) == 0
	switch {
	case l.behind && blank && l.kind == fetch:
		return nil
	case l.behind:
		return l.spaced(line)
	case !l.greeted:
	case blank, line[0] == '[', l.kind == unknown && !literal:
		return nil
	case l.kind == flags && bytes.IndexByte(line, '(') < 0:
		return nil
	}
	if l.kind != status {
		return l.spaced(line)
	}
	tag, rest, _ := bytes.Cut(line, []byte(" "))
	word, rest := nextWord(rest)
	if line[0] == '+' || !isOne(word, "OK", "NO", "BAD", "BYE", "PREAUTH") {
		return line
	}
	if len(tag)+1+len(word)+len(rest) < len(line) {
		line = bytes.Join([][]byte{tag, []byte(" "), word, rest}, nil)
	}
	if bytes.HasPrefix(rest, []byte(" [")) {
		return l.coded(line, len(line)-len(rest)+2)
	}
	return line
}

// spaced returns a line of data with one space between its words and none at the ends of
// parentheses, and with flags that are atoms (RFC 3501 section 9).
func (l *lines) spaced(line []byte) []byte {
	if !bytes.Contains(line, []byte("  ")) && !bytes.Contains(line, []byte("( ")) && !bytes.Contains(line, []byte(" )")) &&
		!bytes.Contains(line, []byte(" \r")) && !bytes.Contains(line, []byte(" \n")) && (l.kind == data || !bytes.Contains(line, []byte("FLAGS ("))) {
		return line
	}
	to := l.scratch[:0]
	quoted, listed := false, false
	last := byte(0)
	for i := 0; i < len(line); i++ {
		b := line[i]
		switch {
		case quoted:
			if b == '\\' && i+1 < len(line) {
				to = append(to, b)
				i++
				b = line[i]
			} else {
				quoted = b != '"'
			}
		case b == ' ':
			if last == ' ' || last == '(' {
				continue
			}
		case b == ')' || b == '\r' || b == '\n':
			listed = false
			if last == ' ' {
				to = to[:len(to)-1]
			}
		case listed:
			if !flagged(b, last, line[i+1:]) {
				b = '_'
			}
		case b == '"':
			quoted = true
		case b == '(':
			listed = l.kind != data && bytes.HasSuffix(to, []byte("FLAGS "))
		}
		to = append(to, b)
		last = b
	}
	l.scratch = to
	if quoted { // not understood
		return line
	}
	return to
}

// flagged reports whether go-imap takes an octet of a flag.
func flagged(b, last byte, rest []byte) bool {
	ends := len(rest) == 0 || rest[0] == ' ' || rest[0] == ')' || rest[0] == '\r'
	switch b {
	case '\\':
		return (last == ' ' || last == '(') && !ends
	case '*':
		return last == '\\' && ends
	case '(', '{', '%', '"', ']':
		return false
	}
	return b > ' ' && b < 0x7f
}

// sound are response codes, between their brackets, that go-imap can read (RFC 9051
// section 7.1).
var sound = regexp.MustCompile(`^(?:(?:UIDNEXT|UIDVALIDITY|HIGHESTMODSEQ) \d+|APPENDUID \d+ \d+|COPYUID \d+ \d+(?:[,:]\d+)* \d+(?:[,:]\d+)*` +
	`|PERMANENTFLAGS ?\(.*\)|CAPABILITY(?: +[^ (){%*"\\\]]+)+|NOMODSEQ)$`)

var codeName = regexp.MustCompile(`^[^ (){%*"\\\]\x00-\x1f]+`)

// coded returns a status response whose code, which begins at an octet of it, go-imap can
// read. Else the code is made part of the text.
func (l *lines) coded(line []byte, at int) []byte {
	name := string(codeName.Find(line[at:]))
	good := name != ""
	read := isOne([]byte(name), "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ", "APPENDUID", "COPYUID", "PERMANENTFLAGS", "CAPABILITY", "NOMODSEQ")
	if upper := strings.ToUpper(name); read && upper != name { // go-imap knows it only so
		line, name = bytes.Clone(line), upper
		copy(line[at:], upper)
	}
	if end := bytes.Index(line[at:], []byte(")]")); name == "PERMANENTFLAGS" && end > 0 {
		l.kind = flags
		line = append(bytes.Clone(l.spaced(line[:at+end+1])), line[at+end+1:]...)
		l.kind = status
	}
	end := at + bytes.IndexByte(line[at:], ']')
	good = good && end > at
	switch {
	case !good:
	case read:
		good = sound.Match(line[at:end])
	default:
		good = line[at+len(name)] == ' ' || line[at+len(name)] == ']'
	}
	switch {
	case !good:
		line = bytes.Clone(line)
		line[at-1] = '('
	case !bytes.ContainsRune([]byte(" \r\n"), rune(line[end+1])):
		line = bytes.Join([][]byte{line[:end+1], line[end+1:]}, []byte(" "))
	}
	return line
}
