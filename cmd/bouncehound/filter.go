package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/classifier"
)

// checkEmpty refuses a filter that was named and is empty, as a script has it whose
// variable is not set: it would want everything.
func checkEmpty(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if f := cmd.Flags().Lookup(name); f.Changed && (f.Value.String() == "" || f.Value.String() == "[]") {
			return usageError{fmt.Errorf("--%s is empty", name), "leave it out to filter by nothing"}
		}
	}
	return nil
}

// checkLimit refuses what is no number of records.
func checkLimit(n int) error {
	if n < 0 {
		return usageError{fmt.Errorf("--limit %d: fewer than none", n), "0 lists all"}
	}
	return nil
}

// checkFilter refuses a reason or a class that no verdict has, which would list
// nothing without a word.
func checkFilter(reason, class string) error {
	var reasons []string
	for _, row := range classifier.Reasons() {
		reasons = append(reasons, string(row.Reason))
	}
	if reason != "" && !slices.Contains(reasons, reason) {
		return usageError{fmt.Errorf("--reason %q: no such reason", reason), "reasons are " + strings.Join(reasons, ", ")}
	}
	classes := []bouncehound.Class{bouncehound.Hard, bouncehound.Soft, bouncehound.Block, bouncehound.Complaint, bouncehound.None, bouncehound.Undetermined}
	if class != "" && !slices.Contains(classes, bouncehound.Class(class)) {
		return usageError{fmt.Errorf("--class %q: no such class", class), "classes are hard, soft, block, complaint, none and undetermined"}
	}
	return nil
}

// reasonsOf returns the reasons of a class.
func reasonsOf(class bouncehound.Class) (reasons []bouncehound.Reason) {
	for _, row := range classifier.Reasons() {
		if row.Class == class {
			reasons = append(reasons, row.Reason)
		}
	}
	return reasons
}
