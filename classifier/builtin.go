package classifier

import (
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

// builtinExamples returns what the built-in rules match, by the id of the rule.
func builtinExamples() (map[string][]string, error) {
	files, err := builtinFiles()
	if err != nil {
		return nil, err
	}
	c, err := newFrom(nil, files, decodeTOML)
	if err != nil {
		return nil, err
	}
	examples := make(map[string][]string, len(c.rules))
	for _, r := range c.rules {
		examples[r.ID] = r.Match
	}
	return examples, nil
}
