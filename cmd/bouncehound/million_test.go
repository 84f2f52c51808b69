package main

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"bouncehound"
	"bouncehound/db"
)

// TestMillion prints how long things take in a store of 1,000,000 contacts and
// 2,000,000 bounces, beside what they may. TEST_MILLION names a directory for the
// store, which is made there if it is not yet, in some minutes; 2 GB.
func TestMillion(t *testing.T) {
	dir := os.Getenv("TEST_MILLION")
	if dir == "" {
		t.Skip("TEST_MILLION is not set: .ci/long million")
	}
	m := &million{t: t, path: filepath.Join(dir, "million.db"), contacts: 1_000_000}
	if os.Getenv("TEST_MILLION_FILL") != "" {
		m.fill()
		return
	}
	m.filled()
	store, err := db.Open(t.Context(), m.path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	m.shows(store)
	m.lists(store)
	m.checks(store)
	m.exports()
	m.cleans(dir)
}

type million struct {
	t        *testing.T
	path     string
	contacts int
}

// seed is how many contacts are recorded message by message; the others are copies of
// theirs.
const seed = 10_000

// address is that of a contact. Of ten, five are flagged, three watched and two ok.
func (m *million) address(i int) string {
	j, copied := i%seed*7919%seed, ""
	if n := i / seed; n > 0 {
		copied = fmt.Sprintf("c%d.", n)
	}
	return fmt.Sprintf("%scontact.%05d@domain%03d.example", copied, j, j%997)
}

func (m *million) verdict(i int) bouncehound.Verdict {
	switch i % 10 {
	case 0, 1, 2, 3, 4:
		return bouncehound.Verdict{Class: bouncehound.Hard, Reason: bouncehound.UserUnknown, Fault: bouncehound.FaultRecipient, SESType: "Permanent", SESSubtype: "General",
			Rule: "enhanced/5.1.1", Matched: "5.1.1", Confidence: bouncehound.HighConfidence, Retry: bouncehound.RetryNever}
	case 5, 6, 7:
		return bouncehound.Verdict{Class: bouncehound.Soft, Reason: bouncehound.ServerError, Fault: bouncehound.FaultRecipientDomain, Rule: "enhanced/4.3.0", Retry: bouncehound.RetryLater}
	}
	return bouncehound.Verdict{Class: bouncehound.Block, Reason: bouncehound.SpamContent, Fault: bouncehound.FaultMessage, Rule: "enhanced/5.7.1", Retry: bouncehound.RetryAfterFix}
}

// filled makes the store in a process of its own: the kernel reckons what that needs to
// every process that ours starts later.
func (m *million) filled() {
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := exec.CommandContext(m.t.Context(), self, "-test.run=^TestMillion$", "-test.timeout=0")
	cmd.Env = append(os.Environ(), "TEST_MILLION_FILL=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		m.t.Fatal(err)
	}
}

// fill records two reports on each contact of the seed, of twenty recipients each, and
// copies all rows that came of it.
func (m *million) fill() {
	if _, err := os.Stat(m.path + ".done"); err == nil {
		return
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(m.path + suffix)
	}
	ctx, began, now := m.t.Context(), time.Now(), time.Now()
	store, err := db.Open(ctx, m.path, db.Options{Raw: "none"})
	if err != nil {
		m.t.Fatal(err)
	}
	const each, batch = 20, 50
	for round := range 2 {
		for from := 0; from < seed; from += each * batch {
			var messages []bouncehound.Judged
			for i := from; i < min(from+each*batch, seed); i += each {
				id := fmt.Sprintf("<%d.%d@mx.example.net>", round, i)
				r := bouncehound.Report{Format: "dsn", MessageID: id, ReportingMTA: "mx.example.net",
					Original: bouncehound.Original{MessageID: fmt.Sprintf("<news.%d.%d@example.org>", round, i), Subject: "News of the month", From: "news@example.org"}}
				var verdicts []bouncehound.Verdict
				for j := i; j < min(i+each, seed); j++ {
					r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: bouncehound.Failed, Address: m.address(j), Status: "5.1.1", Reply: 550,
						Diagnostic: "550 5.1.1 <" + m.address(j) + ">: Recipient address rejected: User unknown in virtual mailbox table", RemoteMTA: "mx.domain.example"})
					verdicts = append(verdicts, m.verdict(j))
				}
				msg := bouncehound.Message{Raw: []byte(id), InternalDate: now.Add(-time.Duration(40-20*round) * 24 * time.Hour).Add(time.Duration(i) * time.Millisecond)}
				messages = append(messages, bouncehound.Judged{Message: msg, ID: msg.ID(), Report: r, Bounces: bouncehound.Bounces(msg, r, verdicts, now)})
			}
			if _, err := store.Record(ctx, db.Batch{Messages: messages}, bouncehound.DefaultPolicy()); err != nil {
				m.t.Fatal(err)
			}
		}
	}
	if err := store.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.multiply()
	fmt.Printf("%-44s %s\n", "made the store in", time.Since(began).Round(time.Second))
	if err := os.WriteFile(m.path+".done", nil, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// multiply copies the seed until there are enough contacts.
func (m *million) multiply() {
	store, err := sql.Open("sqlite3", m.path+"?_synchronous=OFF&_cache_size=-400000")
	if err != nil {
		m.t.Fatal(err)
	}
	defer store.Close()
	store.SetMaxOpenConns(1)
	if _, err := store.Exec(`BEGIN`); err != nil {
		m.t.Fatal(err)
	}
	for _, c := range []struct{ table, number, names, offsets string }{
		{"messages", "number", "id message_id", ""},
		{"contacts", "number", "key email", ""},
		{"bounces", "id", "key recipient original_id", "message:messages"},
		{"events", "sequence", "id contact", ""},
		{"changes", "number", "key email", "sequence:events bounce:bounces"},
	} {
		rows, err := store.Query(`SELECT name FROM pragma_table_info(?)`, c.table)
		if err != nil {
			m.t.Fatal(err)
		}
		var columns, values []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				m.t.Fatal(err)
			}
			columns, values = append(columns, name), append(values, m.copied(name, c.table, c.number, c.names, c.offsets))
		}
		// The rows copied are those that were there before.
		query := fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) WITH RECURSIVE copies (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < %[3]d)
			SELECT %[4]s FROM copies CROSS JOIN (SELECT * FROM %[1]s WHERE %[5]s <= (SELECT max(%[5]s) FROM %[1]s)) t ORDER BY n, %[5]s`,
			c.table, strings.Join(columns, ", "), m.contacts/seed-1, strings.Join(values, ", "), c.number)
		if _, err := store.Exec(query); err != nil {
			m.t.Fatalf("%s: %v", c.table, err)
		}
	}
	for _, query := range []string{`COMMIT`, `PRAGMA wal_checkpoint(TRUNCATE)`} {
		if _, err := store.Exec(query); err != nil {
			m.t.Fatal(err)
		}
	}
}

// copied returns the SQL for a column of a copied row: numbers are shifted, what
// identifies has the number of the copy in front.
func (m *million) copied(name, table, number, names, offsets string) string {
	shift := map[string]int{"messages": 10_000, "contacts": seed, "bounces": 10 * seed, "events": 10 * seed, "changes": 10 * seed}
	switch {
	case name == number:
		return fmt.Sprintf("t.%s + n * %d", name, shift[table])
	case slices.Contains(strings.Fields(names), name) && name == "message_id" || name == "original_id":
		return fmt.Sprintf("'<c' || n || '.' || substr(t.%s, 2)", name)
	case slices.Contains(strings.Fields(names), name):
		return fmt.Sprintf("'c' || n || '.' || t.%s", name)
	}
	for _, o := range strings.Fields(offsets) {
		if column, of, _ := strings.Cut(o, ":"); column == name {
			return fmt.Sprintf("t.%s + n * %d", name, shift[of])
		}
	}
	return "t." + name
}

// times prints the median and the worst of many runs of f beside what one may take.
func (m *million) times(what string, n int, may time.Duration, f func(i int) error) {
	took := m.took(what, n, f)
	m.figure(what, fmt.Sprintf("%s, worst of %d %s", took[n/2].Round(time.Microsecond), n, took[n-1].Round(time.Microsecond)), may.String(), took[n/2] <= may)
}

// took returns how long runs of f take, the quickest first.
func (m *million) took(what string, n int, f func(i int) error) (took []time.Duration) {
	for i := range n {
		began := time.Now()
		if err := f(i); err != nil {
			m.t.Fatalf("%s: %v", what, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took
}

func (m *million) figure(what, is, may string, good bool) {
	word := "ok"
	if !good {
		word = "OVER"
	}
	fmt.Printf("%-44s %-44s (may: %s) %s\n", what, is, may, word)
}

func (m *million) shows(store *db.DB) {
	m.times("show: what it reads", 500, 20*time.Millisecond, func(i int) error {
		address := m.address(i * 1999)
		if _, ok, err := store.Contact(m.t.Context(), address); err != nil || !ok {
			return fmt.Errorf("%s: %v, %w", address, ok, err)
		}
		if _, err := store.Changes(m.t.Context(), address); err != nil {
			return err
		}
		n := 0
		for _, err := range store.Bounces(m.t.Context(), db.BounceFilter{Address: address, Repeats: true}) {
			if err != nil {
				return err
			}
			n++
		}
		if _, err := store.Told(m.t.Context(), address, nil); err != nil || n != 2 {
			return fmt.Errorf("%d bounces, %w", n, err)
		}
		_, err := store.Check(m.t.Context(), []string{address})
		return err
	})
	m.times("show: the verb, with start and rules", 20, 20*time.Millisecond, func(i int) error { return m.verb(nil, "show", m.address(i*1999)) })
}

// verb runs a command line in a process of its own.
func (m *million) verb(out io.Writer, args ...string) error {
	cmd := m.command(args...)
	cmd.Stdout = out
	return cmd.Run()
}

// command returns a command line of a process of its own. What the kernel says that one
// used at most begins with what we use now, so that is made little.
func (m *million) command(args ...string) *exec.Cmd {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // forget our own peak
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := exec.Command(self, append(args, "--store", m.path)...)
	cmd.Args[0] = "bouncehound" // what makes the test binary the command, see TestMain
	cmd.Env = append(os.Environ(), "BOUNCEHOUND_CONFIG="+emptyConfig(m.t))
	return cmd
}

// lists asks for the first page with each filter, in each order, of few standings and
// of all, where much fits, where little does and where nothing does.
func (m *million) lists(store *db.DB) {
	flagged := []bouncehound.Standing{bouncehound.Watch, bouncehound.DoNotEmail}
	all := append(slices.Clone(flagged), bouncehound.OK)
	filters := []struct {
		what string
		may  time.Duration // 0: what is asked for has no index, and all is read
		f    db.ContactFilter
	}{
		{"everything", page, db.ContactFilter{}},
		{"a reason", page, db.ContactFilter{Reason: bouncehound.UserUnknown}},
		{"a rare reason", page, db.ContactFilter{Reason: bouncehound.MailLoop}},
		{"a class", page, db.ContactFilter{Class: bouncehound.Soft}},
		{"a rare class", page, db.ContactFilter{Class: bouncehound.Complaint}},
		{"a domain", page, db.ContactFilter{Domain: "domain007.example"}},
		{"no domain", page, db.ContactFilter{Domain: "nowhere.example"}},
		{"a mailbox", page, db.ContactFilter{Mailbox: "nowhere"}},
		{"an original", page, db.ContactFilter{MessageID: "<c7.news.1.5000@example.org>"}},
		{"a header", page, db.ContactFilter{HeaderName: "X-Contact-Id", HeaderValue: "42"}},
		{"since a month", page, db.ContactFilter{Since: time.Now().AddDate(0, 0, -30)}},
		{"since tomorrow", page, db.ContactFilter{Since: time.Now().AddDate(0, 0, 1)}},
		{"a reason since tomorrow", page, db.ContactFilter{Since: time.Now().AddDate(0, 0, 1), Reason: bouncehound.UserUnknown}},
		{"a text that many have", page, db.ContactFilter{Text: "user unknown"}},
		{"a text that nothing has", 0, db.ContactFilter{Text: "no such text"}},
	}
	for _, c := range filters {
		f := c.f
		f.Limit, f.Reasons = 50, reasonsOf(f.Class)
		var took []time.Duration
		for _, f.Standing = range [][]bouncehound.Standing{flagged, all} {
			for _, f.Sort = range []string{"since", "last", "bounces", "email"} {
				took = append(took, m.took(c.what, 3, func(int) error {
					for _, err := range store.Contacts(m.t.Context(), f) {
						if err != nil {
							return err
						}
					}
					return nil
				})[1])
			}
		}
		slices.Sort(took)
		may, good := c.may.String(), took[len(took)-1] <= c.may
		if c.may == 0 {
			may, good = "what reading all takes", true
		}
		m.figure("list: "+c.what, fmt.Sprintf("%s, in the worst order %s", took[len(took)/2].Round(time.Microsecond), took[len(took)-1].Round(time.Microsecond)), may, good)
	}
}

// page is what the first page of a list may take.
const page = 50 * time.Millisecond

func (m *million) checks(store *db.DB) {
	m.times("check: one contact", 5000, 100*time.Microsecond, func(i int) error {
		checks, err := store.Check(m.t.Context(), []string{m.address(i * 101)})
		if err == nil && !checks[0].Known {
			err = fmt.Errorf("not known")
		}
		return err
	})
}

func (m *million) exports() {
	for range 3 {
		m.export()
	}
}

func (m *million) export() {
	out := filepath.Join(m.t.TempDir(), "do-not-email.csv")
	began := time.Now()
	cmd := m.command("export", "do-not-email", "--out", out)
	if err := cmd.Run(); err != nil {
		m.t.Fatal(err)
	}
	took := time.Since(began)
	f, err := os.Open(out)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	rows := -1
	for lines := bufio.NewScanner(f); lines.Scan(); {
		rows++
	}
	rate := float64(rows) / took.Seconds()
	m.figure("export do-not-email", fmt.Sprintf("%d rows, %.0f rows/s, %s", rows, rate, used(cmd)), "300000 rows/s", rate >= 300_000)
}

func (m *million) cleans(dir string) {
	list := filepath.Join(dir, "million.csv")
	f, err := os.Create(list)
	if err != nil {
		m.t.Fatal(err)
	}
	b := bufio.NewWriter(f)
	b.WriteString("id,email,name,city\r\n")
	for i := range m.contacts {
		address := m.address(i)
		if i%2 == 1 {
			address = fmt.Sprintf("reader.%07d@domain%03d.example", i, i%997)
		}
		fmt.Fprintf(b, "%d,%s,\"Reader, %d\",Ulm\r\n", i, address, i)
	}
	if err := errors.Join(b.Flush(), f.Close()); err != nil {
		m.t.Fatal(err)
	}
	for range 3 {
		began := time.Now()
		cmd := m.command("clean", list, "--out", filepath.Join(m.t.TempDir(), "clean.csv"), "--removed", filepath.Join(m.t.TempDir(), "removed.csv"))
		said, err := cmd.CombinedOutput()
		if err != nil {
			m.t.Fatalf("%v: %s", err, said)
		}
		took := time.Since(began)
		use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		m.figure("clean", fmt.Sprintf("%s in %s, %s", strings.TrimSpace(string(said)), took.Round(time.Millisecond), used(cmd)), "3s, 64 MiB", took <= 3*time.Second && use.Maxrss <= 64<<10)
	}
}

// used says what a process used.
func used(cmd *exec.Cmd) string {
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return fmt.Sprintf("%d MiB, %s of CPU", use.Maxrss>>10, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Round(10*time.Millisecond))
}
