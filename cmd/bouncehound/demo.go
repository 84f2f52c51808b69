package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/export"
)

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Do the whole job on a sample inbox, in one process",
		Long: `Starts an IMAP server and a webhook receiver on loopback, polls a sample inbox with
the real poller, judges and stores what it finds, sends the webhooks, and prints all
of it. It leaves nothing behind, and exits with 1 if any of that did not happen.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()
			if err := p.demo(ctx); err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			return nil
		},
	}
}

func (p *program) demo(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bouncehound-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	inbox, err := startDemoInbox(p.now())
	if err != nil {
		return err
	}
	defer inbox.close()
	receiver, err := startDemoReceiver()
	if err != nil {
		return err
	}
	defer receiver.close()
	c, err := config.Parse("demo.toml", demoConfig(filepath.Join(dir, "demo.db"), inbox, receiver), nil, checkSchedule)
	if err != nil {
		return err
	}
	s, err := (&program{now: p.now}).completed("", c)
	if err != nil {
		return err
	}
	store, err := p.openStore(ctx, s)
	if err != nil {
		return err
	}
	defer store.Close()

	fmt.Fprintf(p.stdout, "An inbox with %d messages lies on an IMAP server at %s.\n\n", len(inbox.subjects), inbox.address)
	if err := p.demoPoll(ctx, s, store, inbox); err != nil {
		return err
	}
	if err := p.demoStandings(ctx, store); err != nil {
		return err
	}
	events, err := store.LastSequence(ctx)
	if err != nil {
		return err
	}
	got, invalid := receiver.counts()
	if int64(got) != events || got == 0 || invalid != 0 {
		return fmt.Errorf("%d webhooks came for %d events, %d with a wrong signature", got, events, invalid)
	}
	fmt.Fprintf(p.stdout, "\n%d webhooks came to http://%s; every signature was valid.\n", got, receiver.address)
	fmt.Fprint(p.stdout, `
What to do next:
  bouncehound parse FILE.eml          what a returned mail of yours says
  bouncehound explain '550 5.7.26'    what a code means and what to do
  README.md                           ten minutes to your own mailbox
`)
	return nil
}

// demoConfig is the configuration of the demo, as a user would write it.
func demoConfig(storePath string, inbox *demoInbox, receiver *demoReceiver) []byte {
	return fmt.Appendf(nil, `
[store]
path = %q

[[mailbox]]
name = "demo"
host = %q
tls = "none"
username = %q
password = %q

[mailbox.capture]
headers = ["X-Contact-Id"]

[[webhook]]
name = "crm"
url = "http://%s/hooks/bounces"
secret = %q
events = ["bounce.recorded", "contact.watch", "contact.do_not_email", "contact.released", "contact.ok", "sender.blocked"]
start = "beginning"

[log]
level = "error"
`, storePath, inbox.address, demoUser, demoPassword, receiver.address, receiver.secret)
}

// demoPoll polls the inbox, sends the webhooks and prints what each message was.
func (p *program) demoPoll(ctx context.Context, s *settings, store *db.DB, inbox *demoInbox) error {
	log := slog.New(slog.DiscardHandler)
	one, err := p.newPoller(s, s.Mailboxes[0], store, log, nil)
	if err != nil {
		return err
	}
	result, err := one.Poll(ctx)
	if err != nil {
		return err
	}
	if result.Fetched != len(inbox.subjects) {
		return fmt.Errorf("%d of %d messages were read", result.Fetched, len(inbox.subjects))
	}
	senders, err := newSenders(ctx, s.Webhooks, store, log)
	if err != nil {
		return err
	}
	for _, one := range senders {
		if err := one.Deliver(ctx); err != nil {
			return err
		}
	}
	bounces := map[string][]bouncehound.Bounce{}
	for b, err := range store.Bounces(ctx, db.BounceFilter{}) {
		if err != nil {
			return err
		}
		b.Verdict = s.classifier.Words(b.Verdict)
		bounces[b.Message] = append(bounces[b.Message], b)
	}
	t := newTable(p.stdout, "MESSAGE", "ACTION", "RECIPIENT", "CLASS", "REASON", "WHY")
	kinds := map[bouncehound.Kind]int{}
	var messages []db.StoredMessage
	for m, err := range store.Messages(ctx, db.MessageFilter{}) {
		if err != nil {
			return err
		}
		messages = append(messages, m)
	}
	slices.SortFunc(messages, func(a, b db.StoredMessage) int { return cmp.Compare(a.UID, b.UID) })
	for _, m := range messages {
		kinds[m.Kind]++
		name := inbox.subjects[m.UID]
		for _, b := range bounces[m.ID] {
			t.row(name, string(b.Action), b.Address, string(b.Class), string(b.Reason), cut(b.Explanation, 70))
		}
		switch {
		case m.Kind == bouncehound.KindUnread:
			t.row(name, "", "", "", "", "looks like a report and can't be read: kept and listed by messages --unread")
		case len(bounces[m.ID]) == 0:
			t.row(name, "none", "", "none", "not_a_bounce", "no report: left alone, not copied")
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	if len(messages) != len(inbox.subjects) || kinds[bouncehound.KindReport] != 11 || kinds[bouncehound.KindUnread] != 1 || kinds[bouncehound.KindOther] != 2 {
		return fmt.Errorf("%d of %d messages recorded, by kind: %v; want 11 reports, 1 unread, 2 others", len(messages), len(inbox.subjects), kinds)
	}
	return nil
}

// demoStandings prints where the contacts stand and the Do Not Email list.
func (p *program) demoStandings(ctx context.Context, store *db.DB) error {
	fmt.Fprintln(p.stdout, "\nWhere the contacts stand:")
	fmt.Fprintln(p.stdout)
	if err := p.printContacts(outputTable, store.Contacts(ctx, db.ContactFilter{})); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "\nThe Do Not Email list as CSV:")
	fmt.Fprintln(p.stdout)
	var csv strings.Builder
	listed := db.ContactFilter{Standing: []bouncehound.Standing{bouncehound.DoNotEmail}, Sort: "email"}
	n, err := export.DoNotEmail(io.MultiWriter(p.stdout, &csv), export.Options{Format: export.CSV}, store.Contacts(ctx, listed))
	if err != nil {
		return err
	}
	want := []string{"jonas@contoso.example", "karim@isp.example", "lena@example.com", "rosa@webmail.example", "tom@exmaple.example"}
	for _, email := range want {
		if !strings.Contains(csv.String(), "\n"+email+",") {
			return fmt.Errorf("%s is not on the Do Not Email list", email)
		}
	}
	if n != len(want) {
		return fmt.Errorf("%d contacts on the Do Not Email list, want %d", n, len(want))
	}
	return nil
}
