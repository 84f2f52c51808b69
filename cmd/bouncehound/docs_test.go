package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRulesDoc: the rule of docs/rules.md is the one that the script of its commands uses.
func TestRulesDoc(t *testing.T) {
	page, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/script/docs_rules.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, rule, _ := strings.Cut(string(page), "```toml rules\n")
	rule, _, ok := strings.Cut(rule, "```\n")
	if !ok || !strings.Contains(string(script), "-- ours.toml --\n"+rule+"--") {
		t.Errorf("the script has not this rule:\n%s", rule)
	}
}

// documents returns every Markdown file of the tree, by its path from the root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "dist") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			text, err := os.ReadFile(filepath.Join("../..", path))
			if err != nil {
				return err
			}
			all[path] = string(text)
		}
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d documents, %v", len(all), err)
	}
	return all
}

var (
	mdLink    = regexp.MustCompile(`!?\[[^]]*\]\(([^)\s]+)\)`)
	mdFence   = regexp.MustCompile("(?ms)^```.*?^```$")
	notAnchor = regexp.MustCompile(`[^\pL\pN_ -]`)
)

// anchors returns what the headings of a page can be linked to by.
func anchors(text string) (all []string) {
	for line := range strings.Lines(mdFence.ReplaceAllString(text, "")) {
		if heading := strings.TrimLeft(line, "#"); heading != line {
			heading = notAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
			all = append(all, strings.ReplaceAll(heading, " ", "-"))
		}
	}
	return all
}

// TestLinks: no link between documents is dead, and the README leads to every page of docs.
func TestLinks(t *testing.T) {
	all := documents(t)
	links := 0
	linked := map[string]bool{}
	for path, text := range all {
		for _, m := range mdLink.FindAllStringSubmatch(mdFence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(m[1], "#")
			to := path
			if file != "" {
				to = filepath.Join(filepath.Dir(path), file)
			}
			if path == "README.md" {
				linked[to] = true
			}
			if _, err := os.Stat(filepath.Join("../..", to)); errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %s is not there", path, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(all[to]), anchor) {
				t.Errorf("%s: %s has no heading %q, but %q", path, to, anchor, anchors(all[to]))
			}
		}
	}
	if links < 50 {
		t.Errorf("%d links only", links)
	}
	for path := range all {
		if filepath.Dir(path) == "docs" && !linked[path] {
			t.Errorf("the README does not link %s", path)
		}
	}
}
