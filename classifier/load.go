package classifier

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"bouncehound"
)

// A File is an operator's own rule file, in TOML: [[rule]] tables as in the
// built-in files, without a layer.
type File struct {
	Name string // as errors call it
	Data []byte
}

// A RuleError says what is wrong in a rule file.
type RuleError struct {
	File    string
	Line    int    // 1-based, 0 if it is not known
	Rule    string // the id of the rule, or "" if it has none or the file as a whole is meant
	Problem string
}

func (e *RuleError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Rule != "" {
		fmt.Fprintf(&b, ": rule %q", e.Rule)
	}
	return b.String() + ": " + e.Problem
}

// A ruleFile is what a rule file holds.
type ruleFile struct {
	Layer  string              `toml:"layer"`  // of all its rules; built-in files only
	Remote map[string][]string `toml:"remote"` // names for the hosts and signs of a provider
	Rules  []*rule             `toml:"rule"`

	meta toml.MetaData
	err  error
}

func decodeTOML(f File) (file ruleFile) {
	file.meta, file.err = toml.Decode(string(f.Data), &file)
	return file
}

// load reads the own files and then the others, whose conditions prepare reads.
func (l *loader) load(own, others []File, decodeOthers func(File) ruleFile) error {
	l.classifier.byID = make(map[string]*rule, 64*len(others))
	files := append(slices.Clone(own), others...)
	read := make([]ruleFile, len(files))
	for i, f := range files {
		decode := decodeOthers
		if i < len(own) {
			decode = decodeTOML
		}
		read[i] = l.check(f, decode(f), i < len(own))
	}
	for i, f := range files {
		lines := linesOfRules(f.Data)
		for n, r := range read[i].Rules {
			r.file, r.layer = f.Name, layers[read[i].Layer]
			if n < len(lines) {
				r.line = lines[n]
			}
			l.add(r)
		}
	}
	return errors.Join(l.problems...)
}

// prepare reads what the rules of the other files ask for.
func (l *loader) prepare() error {
	for _, r := range l.classifier.rules {
		if r.layer != layerOwn {
			l.conditions(r)
		}
	}
	return errors.Join(l.problems...)
}

// A loader gathers rules and all that is wrong with them.
type loader struct {
	classifier *Classifier
	remotes    map[string][]string
	problems   []error
}

func (l *loader) problem(file string, line int, id, format string, args ...any) {
	l.problems = append(l.problems, &RuleError{file, line, id, fmt.Sprintf(format, args...)})
}

// check checks what holds for a file as a whole. One that is no TOML at all gives no
// rules.
func (l *loader) check(f File, file ruleFile, own bool) ruleFile {
	if file.err != nil {
		var syntax toml.ParseError
		if errors.As(file.err, &syntax) {
			l.problem(f.Name, syntax.Position.Line, "", "%s", syntax.Message)
		} else {
			l.problem(f.Name, 0, "", "%s", strings.TrimPrefix(file.err.Error(), "toml: "))
		}
		return ruleFile{}
	}
	for _, key := range file.meta.Undecoded() {
		name := key[len(key)-1]
		l.problem(f.Name, lineOfKey(f.Data, name), "", "unknown key %q%s", key.String(), nearest(name))
	}
	for name, list := range file.Remote {
		if _, ok := l.remotes[name]; !ok {
			l.remotes[name] = list
		}
	}
	switch _, ok := layers[file.Layer]; {
	case own && file.Layer != "":
		l.problem(f.Name, lineOfKey(f.Data, "layer"), "", "layer is for built-in files; own rules always come first")
	case !own && !ok:
		l.problem(f.Name, lineOfKey(f.Data, "layer"), "", "no layer is called %q", file.Layer)
	}
	return file
}

// wrong returns the function that notes what is wrong with a rule.
func (l *loader) wrong(r *rule) func(format string, args ...any) {
	return func(format string, args ...any) { l.problem(r.file, r.line, r.ID, format, args...) }
}

// add checks a rule, and makes an own one ready.
func (l *loader) add(r *rule) {
	r.order = len(l.classifier.rules)
	wrong := l.wrong(r)

	switch first, dup := l.classifier.byID[r.ID]; {
	case r.ID == "":
		wrong("a rule needs an id, such as %q", "mycompany/short-name")
	case dup:
		wrong("the id is taken by the rule at %s:%d; ids must differ", first.file, first.line)
	}
	if row, ok := reasonRow(r.Reason); ok {
		r.hard = row.Class == bouncehound.Hard && r.layer != layerOwn
	} else {
		wrong("no reason is called %q%s", r.Reason, nearestReason(string(r.Reason)))
	}
	if strings.TrimSpace(r.Why) == "" {
		wrong("a rule needs a why: the source, or the reason it is read so")
	}
	if len(r.Match) == 0 && r.layer == layerOwn {
		wrong("a rule needs at least one line in match that it decides")
	}
	if r.Action == "" {
		r.Action = bouncehound.Failed
	} else if !slices.Contains(allActions, r.Action) {
		wrong("no action is called %q", r.Action)
	} else if r.conditions() == 0 && r.layer == layerOwn {
		wrong("action alone would decide everything; ask for text, status, reply or remote too")
	}
	if r.Weight < -9 || r.Weight > 9 {
		wrong("weight %d is not from -9 to 9", r.Weight)
	}
	switch r.Retry {
	case "", bouncehound.RetryNever, bouncehound.RetryLater, bouncehound.RetryAfterFix:
	default:
		wrong("retry is %q, not never, later or after_fix", r.Retry)
	}
	if r.SESSubtype != "" && !slices.Contains(sesSubtypes, r.SESSubtype) {
		wrong("no SES subtype is called %q", r.SESSubtype)
	}
	if r.layer == layerOwn {
		l.conditions(r)
	}
	l.classifier.rules = append(l.classifier.rules, r)
	if _, dup := l.classifier.byID[r.ID]; !dup {
		l.classifier.byID[r.ID] = r
	}
}

// conditions counts the kinds of condition a rule has, action and without left out.
func (r *rule) conditions() int {
	n := 0
	for _, list := range [][]string{r.Text, r.Also, r.Status, r.Reply, r.Remote} {
		if len(list) > 0 {
			n++
		}
	}
	return n
}

// conditions reads what the rule asks for.
func (l *loader) conditions(r *rule) {
	wrong := l.wrong(r)
	if r.conditions() == 0 && r.Action == bouncehound.Failed {
		wrong("a rule needs a condition: text, status, reply or remote")
	}
	phrases := func(key string, written []string) (list []*phrase) {
		for _, w := range written {
			p, ok := newPhrase(w)
			if !ok {
				wrong("%s: %q is empty", key, w)
				continue
			}
			list = append(list, p)
		}
		return list
	}
	r.text, r.also, r.without = phrases("text", r.Text), phrases("also", r.Also), phrases("without", r.Without)
	for _, s := range r.Status {
		list, ok := readStatuses(s)
		if !ok {
			wrong("status: %q is not of the form 5.1.1, *.1.1 or 5.7.900-999", s)
		}
		r.statuses = append(r.statuses, list...)
	}
	for _, s := range r.Reply {
		from, to, ok := readReply(s)
		if !ok {
			wrong("reply: %q is not of the form 550 or 55*", s)
		}
		r.replies = append(r.replies, [2]int{from, to})
	}
	for _, name := range r.Remote {
		list := l.remotes[name]
		if list == nil {
			list = []string{name}
		}
		for _, s := range list {
			sign, ok := newPhrase(s)
			if !ok {
				wrong("remote: %q is empty", s)
				continue
			}
			w := witness{sign: sign}
			if strings.Contains(s, ".") && !strings.ContainsAny(s, " /*") {
				w.host = strings.ToLower(strings.Trim(s, "."))
				w.sign.openStart = true
			}
			r.remotes = append(r.remotes, w)
		}
	}
}

// linesOfRules returns the lines of the [[rule]] headers of a file.
func linesOfRules(data []byte) (lines []int) {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if bytes.HasPrefix(bytes.TrimSpace(line), []byte("[[rule]]")) {
			lines = append(lines, n)
		}
	}
	return lines
}

// lineOfKey returns the line on which a key is first set, 0 if it is not found.
func lineOfKey(data []byte, key string) int {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		line = bytes.TrimSpace(line)
		name, _, ok := bytes.Cut(line, []byte("="))
		name = bytes.Trim(bytes.TrimSpace(name), `[]"'`)
		if string(name) == key && (ok || bytes.HasPrefix(line, []byte("["))) {
			return n
		}
	}
	return 0
}
