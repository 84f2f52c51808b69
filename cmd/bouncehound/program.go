package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// A program is one run of the command and what it may touch of the outside.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	now            func() time.Time

	patience *patience // with messages that take for ever
	watched  *watched  // what the daemon tells those who watch it; nil: nobody does
	// limitMemory is debug.SetMemoryLimit; nil where the process is not the program's.
	limitMemory func(int64) int64
	collectAt   func(int) int // debug.SetGCPercent, with limitMemory

	configPath string // --config
	storePath  string // --store
	started    bool   // the command line was understood and the verb has begun
}

// run carries out a command line and returns the exit code: 0 done, 1 failed,
// 2 usage or configuration.
func (p *program) run(ctx context.Context, args []string) int {
	stdout := &firstError{to: p.stdout}
	p.stdout = stdout
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	p.patience = &patience{end: end}
	root := p.command()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	err = ended(ctx, err)
	if err == nil && stdout.err != nil {
		err = fmt.Errorf("write the results: %w", stdout.err)
		p.started = true // what was asked for was understood
	}
	if err != nil && !p.started {
		err = usageError{err, usageHint(cmd)}
	}
	return p.report(err)
}

// usageHint says how the verb is used whose command line was not understood.
func usageHint(cmd *cobra.Command) string {
	if !cmd.HasAvailableSubCommands() || strings.Contains(cmd.Use, " ") {
		return fmt.Sprintf("%s; %s --help tells more", cmd.UseLine(), cmd.CommandPath())
	}
	hint := cmd.CommandPath() + " --help lists the verbs"
	cmd.SuggestionsMinimumDistance = 2 // letters
	word := cmd.Flags().Arg(0)
	if near := cmd.SuggestionsFor(word); word != "" && len(near) > 0 {
		hint = fmt.Sprintf("did you mean %s? %s", strings.Join(near, " or "), hint)
	}
	return hint
}

// A firstError is a writer that remembers what went wrong first: printing to people
// looks at no errors, and results that are lost on a full disk are not done.
type firstError struct {
	to  io.Writer
	err error
}

func (w *firstError) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "bouncehound",
		Short: "Read returned mail, judge it, and tell whom not to write to",
		Long: `bouncehound reads bounce inboxes over IMAP, works out what each returned mail says
about each recipient, and tells the owning application which contacts to flag
Do Not Email, and which failures are not the contact's fault.`,
		Example: `  bouncehound demo                        the whole job, on a sample inbox, in one process
  bouncehound parse returned-mail/        what these messages say
  bouncehound explain '550 5.7.129'       what a code means and what to do
  bouncehound run                         the daemon`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { p.started = true; return nil },
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.PersistentFlags().StringVarP(&p.configPath, "config", "c", "", "configuration `file` (else $BOUNCEHOUND_CONFIG, else "+defaultConfig+")")
	root.PersistentFlags().StringVar(&p.storePath, "store", "", "store `file`, instead of the configuration's store.path")
	root.AddCommand(
		p.demoCommand(), p.runCommand(), p.pollCommand(), p.authCommand(),
		p.parseCommand(), p.importCommand(), p.explainCommand(),
		p.listCommand(), p.showCommand(), p.messagesCommand(),
		p.suppressCommand(), p.releaseCommand(), p.cleanCommand(),
		p.exportCommand(), p.webhooksCommand(), p.rulesCommand(), p.reclassifyCommand(), p.checkCommand(), p.configCommand(), p.versionCommand(),
		p.forgetCommand(), p.backupCommand(),
	)
	return root
}

// env returns the value of an environment variable, "" where it is not set.
func (p *program) env(name string) string {
	for _, kv := range p.environ {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			return v
		}
	}
	return ""
}
