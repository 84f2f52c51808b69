package classifier

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
)

//go:embed rules/*.toml
var builtin embed.FS

// builtinFiles returns the built-in rules, in the order of their names.
func builtinFiles() ([]File, error) {
	names, err := fs.Glob(builtin, "rules/*.toml") // sorted
	if err != nil {
		return nil, fmt.Errorf("list the built-in rules: %w", err)
	}
	files := make([]File, len(names))
	for i, name := range names {
		data, err := builtin.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the built-in rules: %w", err)
		}
		files[i] = File{path.Base(name), data}
	}
	return files, nil
}

// cutExamples empties the lines of match and not, half of what there is to read and
// needed only where rules are checked. The built-in files write a list either on
// one line or with its closing bracket on a line of its own.
func cutExamples(data []byte) []byte {
	kept := make([]byte, 0, len(data))
	within := false
	for line := range bytes.Lines(data) {
		switch {
		case within:
			within = line[0] != ']'
		case bytes.HasPrefix(line, []byte("match ")) || bytes.HasPrefix(line, []byte("not ")):
			within = !bytes.HasSuffix(bytes.TrimSpace(line), []byte("]"))
		default:
			kept = append(kept, line...)
			continue
		}
		kept = append(kept, '\n')
	}
	return kept
}

// builtinExamples returns what the built-in rules match, by the id of the rule.
func builtinExamples() (map[string][]string, error) {
	files, err := builtinFiles()
	if err != nil {
		return nil, err
	}
	c, err := newFrom(nil, files)
	if err != nil {
		return nil, err
	}
	examples := make(map[string][]string, len(c.rules))
	for _, r := range c.rules {
		examples[r.ID] = r.Match
	}
	return examples, nil
}
