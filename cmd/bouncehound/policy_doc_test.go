package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/config"
)

// TestPolicyByExample runs the examples of docs/policy.md: each line is a day, what came
// that day, and where the contact stands then.
func TestPolicyByExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[bouncehound.Reason]classifier.ReasonRow{}
	for _, r := range classifier.Reasons() {
		rows[r.Reason] = r
	}
	var policy bouncehound.Policy
	examples := 0
	for _, block := range regexp.MustCompile("(?ms)^```(toml policy|text)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		if block[1] == "toml policy" {
			conf, err := config.Parse("policy.md", []byte(block[2]), nil)
			if err != nil {
				t.Fatalf("%s: %v", block[2], err)
			}
			policy = conf.Policy
			continue
		}
		examples++
		if err := policyExample(policy, rows, block[2]); err != nil {
			t.Errorf("%v in\n%s", err, block[2])
		}
	}
	if examples < 12 {
		t.Errorf("%d examples only", examples)
	}
	if policyExample(bouncehound.DefaultPolicy(), rows, "day 0   user_unknown   watch\n") == nil {
		t.Error("a wrong example passes")
	}
}

func policyExample(policy bouncehound.Policy, rows map[bouncehound.Reason]classifier.ReasonRow, example string) error {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h := bouncehound.History{Standing: bouncehound.OK}
	for n, line := range strings.Split(strings.TrimSpace(example), "\n") {
		var dayNumber int
		var what, original, want string
		fields := strings.Fields(line)
		switch {
		case len(fields) == 4:
			what, want = fields[2], fields[3]
		case len(fields) == 6 && fields[3] == "about":
			what, original, want = fields[2], fields[4], fields[5]
		default:
			return fmt.Errorf("what is %q", line)
		}
		if _, err := fmt.Sscanf(fields[1], "%d", &dayNumber); err != nil {
			return err
		}
		at := start.Add(time.Duration(dayNumber)*24*time.Hour + time.Duration(n)*time.Minute)
		f := bouncehound.Fact{Bounce: int64(n + 1), At: at, Action: bouncehound.Failed, Original: original}
		switch row, known := rows[bouncehound.Reason(what)]; {
		case what == "-":
		case what == "release":
			h.Standing, h.Released, h.Until = bouncehound.OK, at, time.Time{}
			h.Since = at
		case what == "delivered":
			f.Action = bouncehound.Delivered
			h.Facts = append(h.Facts, f)
		case !known:
			return fmt.Errorf("no reason %q", what)
		default:
			f.Class, f.Reason, f.Fault = row.Class, row.Reason, row.Fault
			if f.Class == bouncehound.Complaint {
				f.Action = bouncehound.Complained
			}
			h.Facts = append(h.Facts, f)
		}
		d := policy.Decide(h, at)
		if string(d.Standing) != want {
			return fmt.Errorf("%s: %s, not %s", line, d.Standing, want)
		}
		h.Standing, h.Since, h.Until, h.Cause = d.Standing, d.Since, d.Until, d.Cause
	}
	return nil
}
