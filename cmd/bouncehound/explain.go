package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
)

func (p *program) explainCommand() *cobra.Command {
	var out output
	var message string
	cmd := &cobra.Command{
		Use:   "explain TEXT…",
		Short: "Say what a code or a diagnostic line means and what to do",
		Long: `Judges a status code, a three-digit code, a vendor's token or a whole diagnostic
line as if a recipient had failed with it. With - it reads one a line from the
standard input. With --message it tells what was decided on each recipient of a stored
report, by which rule and on what text.`,
		Example: `  bouncehound explain 5.7.129
  bouncehound explain '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'
  bouncehound explain --message 4be0a1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if (message != "") == (len(args) > 0) {
				return usageError{errors.New("give a text, or a stored report with --message"), "bouncehound messages and show tell the ids of reports"}
			}
			if message != "" {
				return p.explainStored(cmd.Context(), out, message)
			}
			j, err := p.judgeWithoutStore()
			if err != nil {
				return err
			}
			print := p.explainer(out)
			if len(args) == 1 && args[0] == "-" {
				return eachLine(p.stdin, func(text string) error { return print(text, j.classifier.Explain(text)) })
			}
			text := strings.Join(args, " ")
			return print(text, j.classifier.Explain(text))
		},
	}
	out.flag(cmd)
	cmd.Flags().StringVar(&message, "message", "", "explain what was decided on the stored report `ID`, of which the first digits will do")
	return cmd
}

// longestLine is how many octets a line may have that is to be explained.
const longestLine = 1 << 20

// eachLine calls f with each line that is not empty, without the space around it.
func eachLine(r io.Reader, f func(text string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	n := 1
	for ; lines.Scan(); n++ {
		if text := strings.TrimSpace(lines.Text()); text != "" {
			if err := f(text); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return hintError{fmt.Errorf("line %d has more than %d octets", n, longestLine), "bouncehound parse - reads a message"}
	} else if err != nil {
		return fmt.Errorf("read line %d: %w", n, err)
	}
	return nil
}

// explainStored explains the bounces of a stored report as they were judged.
func (p *program) explainStored(ctx context.Context, out output, id string) error {
	s, store, err := p.existingStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	var bounces []bouncehound.Bounce
	for b, err := range store.Bounces(ctx, db.BounceFilter{Message: id, Repeats: true}) {
		if err != nil {
			return err
		}
		if bounces = append(bounces, b); b.Message != bounces[0].Message {
			return hintError{fmt.Errorf("report %s: %w", id, db.ErrAmbiguous), "give more of its digits"}
		}
	}
	if len(bounces) == 0 {
		return hintError{fmt.Errorf("report %s: %w", id, db.ErrNotFound), "bouncehound messages and show tell the ids of reports; what was not understood has no verdict"}
	}
	print := p.explainer(out)
	for _, b := range bounces {
		text := fmt.Sprintf("%s %s %s", firstOf(b.Address, "(no address)"), b.Action, firstOf(b.Diagnostic, statusCell(b.Recipient)))
		if err := print(strings.TrimSpace(text), s.classifier.Words(b.Verdict)); err != nil {
			return err
		}
	}
	return nil
}

// explainer returns what prints a verdict on a text in the form asked for.
func (p *program) explainer(out output) func(text string, v bouncehound.Verdict) error {
	type explained struct {
		Text string `json:"text"`
		bouncehound.Verdict
	}
	switch out {
	case outputJSON:
		e := jsonLines(p.stdout)
		return func(text string, v bouncehound.Verdict) error { return e.Encode(explained{text, v}) }
	case outputCSV:
		w := newRecords(p.stdout, "text", "class", "reason", "fault", "retry", "rule", "matched", "confidence", "explanation", "advice")
		return func(text string, v bouncehound.Verdict) error {
			return w.record(text, string(v.Class), string(v.Reason), string(v.Fault), string(v.Retry), v.Rule, v.Matched, string(v.Confidence), v.Explanation, v.Advice)
		}
	}
	first := true
	return func(text string, v bouncehound.Verdict) error {
		if !first {
			fmt.Fprintln(p.stdout)
		}
		first = false
		fmt.Fprintf(p.stdout, "%s\n", printable(text))
		for _, line := range [][2]string{
			{"reason", string(v.Reason)}, {"class", string(v.Class)}, {"fault", string(v.Fault)},
			{"meaning", v.Explanation}, {"advice", v.Advice}, {"send again", retryWords[v.Retry]},
			{"ses", strings.Trim(v.SESType+" / "+v.SESSubtype, " /")},
			{"rule", v.Rule}, {"matched", v.Matched}, {"confidence", string(v.Confidence)},
		} {
			if line[1] != "" {
				fmt.Fprintf(p.stdout, "  %-11s %s\n", line[0], printable(line[1]))
			}
		}
		return nil
	}
}

// retryWords say in words what Retry says.
var retryWords = map[bouncehound.Retry]string{
	bouncehound.RetryNever:    "never",
	bouncehound.RetryLater:    "later, as it is",
	bouncehound.RetryAfterFix: "after the cause is mended",
}
