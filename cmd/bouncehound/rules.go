package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bouncehound/classifier"
)

func (p *program) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Look after your own rules",
		Long: `Own rules are TOML files that rules.files of the configuration names. They come
before the built-in ones.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.unknownCommand(), &cobra.Command{
		Use:   "check [FILE…]",
		Short: "Say what is wrong in rule files and which built-in rules they shadow",
		Long: `Loads the rule files of the configuration, or those named, and says what is wrong in
them, file by file and line by line. Where they are good it lists the built-in rules
that they now decide instead of.`,
		RunE: func(_ *cobra.Command, files []string) error {
			c, n, err := p.ownRules(files)
			if err != nil {
				return err
			}
			for _, s := range c.Shadows() {
				fmt.Fprintln(p.stdout, printable(fmt.Sprintf("%s decides what %s decided: %s", s.Own, s.Builtin, s.Example)))
			}
			fmt.Fprintf(p.stdout, "%s good\n", count(n, "file"))
			return nil
		},
	}, &cobra.Command{
		Use:   "test [FILE…]",
		Short: "Run the examples of own rules through all rules",
		Long: `Each line under match must be decided by its own rule, of all the rules, and no
line under not may be.`,
		RunE: func(_ *cobra.Command, files []string) error {
			c, n, err := p.ownRules(files)
			if err != nil {
				return err
			}
			var failed []error
			for _, e := range c.TestExamples() {
				failed = append(failed, e)
			}
			if len(failed) == 0 {
				fmt.Fprintf(p.stdout, "every example of %s holds\n", count(n, "file"))
			}
			return errors.Join(failed...)
		},
	})
	return cmd
}

// ownRules loads the rule files named, else those of the configuration, and returns
// how many there are.
func (p *program) ownRules(paths []string) (*classifier.Classifier, int, error) {
	if len(paths) > 0 {
		c, err := loadRules(paths)
		return c, len(paths), err
	}
	s, err := p.settings()
	if err != nil {
		return nil, 0, err
	}
	if paths, err = s.Rules.Paths(); err != nil {
		return nil, 0, err
	}
	if len(paths) == 0 {
		return nil, 0, usageError{errors.New("there are no own rules"), "name files, or set rules.files in the configuration"}
	}
	return s.classifier, len(paths), nil
}
