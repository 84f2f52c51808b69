package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/db"
)

// An unknownShape is one kind of diagnostic that no rule knows.
type unknownShape struct {
	Count   int       `json:"count"`
	Shape   string    `json:"shape"`
	Example string    `json:"example"`
	Last    time.Time `json:"last_arrived_at"`
	Rule    string    `json:"rule"` // TOML, to start from
}

func (p *program) unknownCommand() *cobra.Command {
	var out output
	var anonymise bool
	var limit int
	var since string
	cmd := &cobra.Command{
		Use:   "unknown",
		Short: "Group the diagnostics that no rule knows, most frequent first",
		Long: `Groups the stored undetermined diagnostics by shape (numbers, addresses, hosts and ids
replaced), most frequent first, each with an example, and prints a rule to start
from. With --anonymise names are replaced by invented ones, so that the list can be
shown to others.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(checkEmpty(cmd, "since"), checkLimit(limit)); err != nil {
				return err
			}
			after, err := p.parseSince(since)
			if err != nil {
				return err
			}
			_, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			shapes := map[string]*unknownShape{}
			for b, err := range store.Bounces(cmd.Context(), db.BounceFilter{Class: bouncehound.Undetermined, Since: after}) {
				if err != nil {
					return err
				}
				shape := classifier.Shape(b.Diagnostic)
				u := shapes[shape]
				if u == nil {
					u = &unknownShape{Shape: shape, Example: b.Diagnostic}
					shapes[shape] = u
				}
				u.Count++
				if b.ArrivedAt.After(u.Last) {
					u.Last = b.ArrivedAt
				}
			}
			return p.printUnknown(out, mostFrequent(shapes, limit), anonymise)
		},
	}
	out.flag(cmd)
	cmd.Flags().BoolVar(&anonymise, "anonymise", false, "replace addresses, hosts and numbers by invented ones")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many shapes (0: all)")
	cmd.Flags().StringVar(&since, "since", "", "arrived since: a date, a time or an age such as 30d")
	return cmd
}

// mostFrequent returns the shapes that came most often, the most frequent first.
func mostFrequent(shapes map[string]*unknownShape, limit int) []*unknownShape {
	var all []*unknownShape
	for _, u := range shapes {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b *unknownShape) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Shape, b.Shape))
	})
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	return all
}

func (p *program) printUnknown(out output, shapes []*unknownShape, anonymise bool) error {
	var names classifier.Anonymiser
	for i, u := range shapes {
		if anonymise {
			u.Example = names.Text(u.Example)
		}
		u.Rule = startingRule(i+1, u)
	}
	switch out {
	case outputJSON:
		e := jsonLines(p.stdout)
		for _, u := range shapes {
			if err := e.Encode(u); err != nil {
				return err
			}
		}
		return nil
	case outputCSV:
		w := newRecords(p.stdout, "count", "last_arrived_at", "shape", "example", "rule")
		for _, u := range shapes {
			if err := w.record(strconv.Itoa(u.Count), stamp(u.Last), u.Shape, u.Example, u.Rule); err != nil {
				return err
			}
		}
		return nil
	}
	t := newTable(p.stdout, "COUNT", "LAST", "EXAMPLE")
	for _, u := range shapes {
		example := u.Example
		if example == "" {
			example = "(no diagnostic)"
		}
		t.row(strconv.Itoa(u.Count), day(u.Last), cut(example, 160))
	}
	if err := t.end(); err != nil {
		return err
	}
	for _, u := range shapes {
		if u.Rule != "" {
			fmt.Fprintf(p.stdout, "\nA rule to start from, for the most frequent with words:\n\n%s", printable(u.Rule))
			break
		}
	}
	return nil
}

// startingRule returns a rule that knows a shape, in TOML, for a person to complete;
// "" where the shape has no words of its own.
func startingRule(n int, u *unknownShape) string {
	phrase := ""
	for piece := range strings.FieldsFuncSeq(u.Shape, func(r rune) bool { return r == '<' || r == '>' }) {
		piece = strings.Trim(piece, " .,:;()[]'\"-")
		switch piece {
		case "address", "host", "ip", "url", "number":
			continue
		}
		words := strings.Fields(piece)
		for len(words) > 0 && strings.Trim(words[0], "0123456789.-") == "" {
			words = words[1:] // the codes
		}
		if piece = strings.Join(words, " "); len(piece) > len(phrase) {
			phrase = piece
		}
	}
	if len(phrase) < 4 {
		return ""
	}
	return fmt.Sprintf("[[rule]]\nid     = \"own/unknown-%d\"\ntext   = [%s]\nreason = \"undetermined\" # what it means: see bouncehound explain --help\nwhy    = \"…\"\nmatch  = [%s]\n",
		n, strconv.Quote(strings.ToLower(phrase)), strconv.Quote(u.Example))
}
