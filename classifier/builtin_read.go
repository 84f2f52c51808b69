package classifier

import (
	"errors"
	"strconv"
	"strings"

	"bouncehound"
)

// decodeBuiltin reads a built-in file, without the examples. It knows of TOML what
// these files use: comments on lines of their own, [remote], [[rule]], and keys with
// a basic string, a list of them or a whole number. It takes a tenth of the time,
// which every start of the program would wait for. A test holds that it reads what
// decodeTOML reads.
func decodeBuiltin(f File) ruleFile {
	var file ruleFile
	in := builtinReader{rest: string(f.Data)}
	var current *rule
	for in.skip(); in.rest != "" && in.err == nil; in.skip() {
		switch {
		case in.take("[[rule]]"):
			current = &rule{}
			file.Rules = append(file.Rules, current)
			continue
		case in.take("[remote]"):
			file.Remote = map[string][]string{}
			continue
		}
		key := in.key()
		switch {
		case current != nil:
			in.set(current, key)
		case file.Remote != nil:
			file.Remote[key] = in.list(true)
		case key == "layer":
			file.Layer = in.text()
		default:
			in.err = errBuiltin
		}
	}
	file.err = in.err
	return file
}

var errBuiltin = errors.New("this is not written as built-in rules are")

// A builtinReader goes through the text of a built-in file. After an error its
// answers mean nothing.
type builtinReader struct {
	rest string
	err  error
}

// skip goes past spaces, line ends and comments.
func (in *builtinReader) skip() {
	for {
		in.rest = strings.TrimLeft(in.rest, " \t\r\n")
		if !strings.HasPrefix(in.rest, "#") {
			return
		}
		_, in.rest, _ = strings.Cut(in.rest, "\n")
	}
}

func (in *builtinReader) take(token string) (ok bool) {
	in.rest, ok = strings.CutPrefix(in.rest, token)
	return ok
}

func (in *builtinReader) key() string {
	key, rest, ok := strings.Cut(in.rest, "=")
	if !ok {
		in.err = errBuiltin
	}
	in.rest = rest
	in.skip()
	return strings.Trim(key, " \"\t")
}

func (in *builtinReader) set(r *rule, key string) {
	switch key {
	case "id":
		r.ID = in.text()
	case "text":
		r.Text = in.list(true)
	case "also":
		r.Also = in.list(true)
	case "without":
		r.Without = in.list(true)
	case "status":
		r.Status = in.list(true)
	case "reply":
		r.Reply = in.list(true)
	case "remote":
		r.Remote = in.list(true)
	case "action":
		r.Action = bouncehound.Action(in.text())
	case "weight":
		r.Weight = in.number()
	case "reason":
		r.Reason = bouncehound.Reason(in.text())
	case "ses_subtype":
		r.SESSubtype = in.text()
	case "why":
		r.Why = in.text()
	case "explanation":
		r.Explanation = in.text()
	case "advice":
		r.Advice = in.text()
	case "retry":
		r.Retry = bouncehound.Retry(in.text())
	case "match", "not":
		in.list(false)
	default:
		in.err = errBuiltin
	}
}

// text reads a string in quotation marks.
func (in *builtinReader) text() string {
	quoted := in.quoted()
	if !strings.Contains(quoted, `\`) {
		return strings.Trim(quoted, `"`)
	}
	s, err := strconv.Unquote(quoted)
	if err != nil {
		in.err = errBuiltin
	}
	return s
}

// quoted returns a string with its quotation marks and escapes.
func (in *builtinReader) quoted() string {
	for i := 1; i < len(in.rest) && in.rest[0] == '"'; i++ {
		switch in.rest[i] {
		case '\\':
			i++
		case '"':
			quoted := in.rest[:i+1]
			in.rest = in.rest[i+1:]
			return quoted
		}
	}
	in.err = errBuiltin
	return ""
}

// list reads a list of strings, or goes past it.
func (in *builtinReader) list(keep bool) (list []string) {
	if !in.take("[") {
		in.err = errBuiltin
	}
	for in.skip(); in.err == nil && !in.take("]"); in.skip() {
		if keep {
			list = append(list, in.text())
		} else {
			in.quoted()
		}
		in.skip()
		in.take(",")
	}
	return list
}

func (in *builtinReader) number() int {
	digits := in.rest
	if i := strings.IndexAny(digits, " \r\n"); i >= 0 {
		digits = digits[:i]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		in.err = errBuiltin
	}
	in.rest = in.rest[len(digits):]
	return n
}
