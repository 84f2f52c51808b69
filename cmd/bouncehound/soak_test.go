package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/poller/imaptest"
)

// soakRate is how many messages arrive in a second, over all mailboxes.
const soakRate = 50

// TestSoak lets the daemon live: 50 messages a second arrive over three mailboxes, one
// endpoint goes down and comes back, the configuration is reloaded, good and bad, and
// what is old is pruned. In the end nothing is lost, every event arrived and in order,
// and memory, threads and descriptors are what they were. It takes 8 seconds, or
// $TEST_SOAK minutes on real Dovecots, and then writes $TEST_SOAK_SVG; $TEST_BINARY
// is the program, else the test binary itself.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	minutes := number("TEST_SOAK", 0)
	lasts := time.Duration(minutes) * time.Minute
	if minutes == 0 {
		lasts = 6 * time.Second
	}
	s := newSoak(t, minutes > 0, lasts)
	s.live(lasts)
	s.settle()
	s.stop()
	s.judgeCounts()
	s.judgeOrder()
	s.judgeInboxes()
	s.judgeLog()
	if minutes > 0 {
		s.judgeFlat()
	}
	if path := os.Getenv("TEST_SOAK_SVG"); path != "" {
		if err := os.WriteFile(path, s.plot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A soak is a daemon and all around it.
type soak struct {
	*world
	long     bool
	servers  []*imaptest.Server
	crm      *soakEndpoint // goes down and comes back, is told everything
	desk     *soakEndpoint // is always there, is told of standings
	daemon   *exec.Cmd
	ended    chan error
	logPath  string
	good     string // the configuration
	mails    *soakMails
	began    time.Time
	samples  []soakSample
	looking  *db.DB
	reloads  []time.Time
	refused  int // bad configurations
	reloaded int // good ones
}

// soakAfter is what becomes of understood messages in each of the mailboxes.
var soakAfter = []string{"delete", "move", "keep"}

func newSoak(t *testing.T, long bool, lasts time.Duration) *soak {
	t.Helper()
	dir := t.TempDir()
	s := &soak{
		world: &world{t: t, config: filepath.Join(dir, "bouncehound.toml"), store: filepath.Join(dir, "store.db")},
		long:  long, crm: newSoakEndpoint(t), desk: newSoakEndpoint(t), ended: make(chan error, 1),
		logPath: filepath.Join(dir, "log"), mails: newSoakMails(t),
	}
	text := fmt.Sprintf("[store]\npath = %q\n[store.retention]\nraw = \"1d\"\nbounces = \"60d\"\nevents = \"1d\"\n", s.store)

	for _, after := range soakAfter {
		var one *imaptest.Server
		if long {
			one = imaptest.Dovecot(t)
		} else {
			one = imaptest.Memory(t)
		}
		s.servers = append(s.servers, one)
		text += fmt.Sprintf("[[mailbox]]\nname = %q\nhost = %q\ntls = \"none\"\nusername = %q\npassword = %q\n[mailbox.poll]\nschedule = \"@every 2s\"\nafter = %q\nmove_to = \"Done\"\n",
			after, one.Addr, imaptest.Username, imaptest.Password, after)
	}
	text += fmt.Sprintf("[[webhook]]\nname = \"crm\"\nurl = \"http://%s/hook\"\nsecret = %q\nstart = \"now\"\ntimeout = \"2s\"\nevents = [%s]\n", s.crm.address, s.crm.secret, quotedTypes())
	text += fmt.Sprintf("[[webhook]]\nname = \"desk\"\nurl = \"http://%s/hook\"\nsecret = %q\nstart = \"now\"\n", s.desk.address, s.desk.secret)
	s.good = text
	s.configure(text)
	s.preload(lasts)
	return s
}

func quotedTypes() string {
	var quoted []string
	for _, one := range everyType {
		quoted = append(quoted, fmt.Sprintf("%q", one))
	}
	return strings.Join(quoted, ", ")
}

func (s *soak) configure(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// launch starts the daemon, its log in a file: it grows with the time.
func (s *soak) launch() {
	s.t.Helper()
	program, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	if named := os.Getenv("TEST_BINARY"); named != "" {
		program = named
	}
	log, err := os.Create(s.logPath)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.daemon = exec.Command(program, "run")
	s.daemon.Args[0] = "bouncehound" // what makes the test binary the command, see TestMain
	s.daemon.Env = append(os.Environ(), "BOUNCEHOUND_CONFIG="+s.config)
	s.daemon.Stderr = log
	if err := s.daemon.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { s.ended <- s.daemon.Wait() }()
	s.t.Cleanup(func() { _ = s.daemon.Process.Kill() })
}

// live lets it all happen, for so long.
func (s *soak) live(lasts time.Duration) {
	s.t.Helper()
	s.launch()
	s.began = time.Now()
	arrivals := time.NewTicker(time.Second)
	defer arrivals.Stop()
	sampling, reloading := 5*time.Second, 47*time.Second
	phases := []soakPhase{{"", 190 * time.Second}, {"refuse", 40 * time.Second}, {"", 150 * time.Second}, {"drop", 30 * time.Second}, {"", 170 * time.Second}, {"silent", 20 * time.Second}}
	if !s.long {
		sampling, reloading = time.Second, 1500*time.Millisecond
		phases = []soakPhase{{"", 3 * time.Second}, {"refuse", time.Second}, {"drop", time.Second}}
	}
	sample, reload := time.NewTicker(sampling), time.NewTicker(reloading)
	defer sample.Stop()
	defer reload.Stop()
	over := time.NewTimer(lasts)
	turn := time.NewTimer(phases[0].lasts)
	for phase := 0; ; {
		select {
		case <-over.C:
			s.crm.turn("")
			return
		case <-arrivals.C:
			for i, server := range s.servers {
				n := soakRate / len(s.servers)
				if i < soakRate%len(s.servers) {
					n++
				}
				server.Deliver(s.mails.next(soakAfter[i], n)...)
			}
		case <-sample.C:
			s.sample()
		case <-reload.C:
			s.reload()
		case <-turn.C:
			phase++
			next := phases[phase%len(phases)]
			s.crm.turn(next.kind)
			turn.Reset(next.lasts)
		case err := <-s.ended:
			s.t.Fatalf("the daemon ended: %v\n%s", err, s.log())
		}
	}
}

type soakPhase struct {
	kind  string // of the trouble; empty: all is well
	lasts time.Duration
}

// reload sends SIGHUP with another good configuration, or every third time a bad one.
func (s *soak) reload() {
	s.t.Helper()
	n := len(s.reloads)
	s.reloads = append(s.reloads, time.Now())
	if n%3 == 1 {
		s.refused++
		s.configure(s.good + "\n[nonsense]\n")
	} else {
		s.reloaded++
		s.configure(strings.ReplaceAll(s.good, "@every 2s", fmt.Sprintf("@every %ds", 2+n%2)))
	}
	if err := s.daemon.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
}

// settle waits until everything that arrived is stored and told.
func (s *soak) settle() {
	s.t.Helper()
	store := s.open()
	s.configure(s.good)
	s.run(0, "webhooks", "resume", "crm") // nobody wants to wait for the end of its pause
	deadline := time.Now().Add(10 * time.Minute)
	for calm := 0; calm < 3; {
		time.Sleep(time.Second) // another process has no other way to tell
		waiting, last := s.waiting(store)
		if stored := s.stored(store); waiting == 0 && stored == s.mails.bounces {
			calm++
		} else if time.Now().After(deadline) {
			s.t.Fatalf("%d bounces of %d are stored, %d of %d events wait\n%s", stored, s.mails.bounces, waiting, last, s.log())
		} else {
			calm = 0
		}
	}
	s.sample()
}

// waiting returns how many events the endpoint that is told everything has not had.
func (s *soak) waiting(store *db.DB) (waiting, last int64) {
	s.t.Helper()
	last, err := store.LastSequence(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	cursors, err := store.Cursors(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	waiting = last
	for _, c := range cursors {
		if c.Consumer == "crm" {
			waiting = last - c.Sequence
		}
	}
	return waiting, last
}

// found returns how often the store has bounces of each address that was made up here.
func (s *soak) found(store *db.DB) map[string]int {
	s.t.Helper()
	found := map[string]int{}
	for b, err := range store.Bounces(context.Background(), db.BounceFilter{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		if strings.HasSuffix(b.Address, soakDomain) && !b.Repeat {
			found[b.Address]++
		}
	}
	return found
}

func (s *soak) stored(store *db.DB) (n int) {
	s.t.Helper()
	for _, each := range s.found(store) {
		n += each
	}
	return n
}

func (s *soak) stop() {
	s.t.Helper()
	if err := s.daemon.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := <-s.ended; err != nil {
		s.t.Fatalf("%v\n%s", err, s.log())
	}
	used := s.daemon.ProcessState
	s.t.Logf("%d messages, %d events, %v of CPU time", s.mails.n, len(s.crm.firsts), (used.UserTime() + used.SystemTime()).Round(time.Second))
}

// judgeCounts: each bounce is stored, and once.
func (s *soak) judgeCounts() {
	s.t.Helper()
	found := s.found(s.open())
	if !maps.Equal(found, s.mails.expected) {
		for address, n := range s.mails.expected {
			if found[address] != n {
				s.t.Errorf("%s: %d bounces are stored, want %d", address, found[address], n)
			}
		}
		s.t.Errorf("bounces of %d addresses, want %d", len(found), len(s.mails.expected))
	}
	s.t.Logf("%d bounces of %d addresses stored, each as often as it arrived", s.mails.bounces, len(found))
}

// judgeOrder: of every event that is stored the endpoint's first arrivals are in order,
// and none is missing.
func (s *soak) judgeOrder() {
	s.t.Helper()
	store := s.open()
	for name, of := range map[string]struct {
		endpoint *soakEndpoint
		types    []bouncehound.EventType
	}{"crm": {s.crm, everyType}, "desk": {s.desk, nil}} {
		got := of.endpoint.firsts
		n := 0
		for c := (bouncehound.Cursor{Consumer: "nobody", Sequence: s.mails.before}); ; {
			events, _, err := store.Pending(s.t.Context(), c, of.types, 1000)
			if err != nil {
				s.t.Fatal(err)
			}
			if len(events) == 0 {
				break
			}
			for _, e := range events {
				if n >= len(got) || got[n] != e.ID {
					s.t.Fatalf("%s: event %d is not what arrived as number %d of %d", name, e.Sequence, n+1, len(got))
				}
				n++
			}
			c.Sequence = events[len(events)-1].Sequence
		}
		if n != len(got) || n == 0 {
			s.t.Errorf("%s: %d different events arrived, want %d", name, len(got), n)
		}
		s.t.Logf("%s: %d events in order, %d arrivals, %d requests refused or cut off", name, n, of.endpoint.arrivals, of.endpoint.turnedAway)
	}
}

// judgeInboxes: what was understood is where it belongs, and what was not is untouched.
func (s *soak) judgeInboxes() {
	s.t.Helper()
	for i, after := range soakAfter {
		sent, understood := s.mails.sent[after], s.mails.understood[after]
		left, moved := sent-understood, 0
		switch after {
		case "move":
			moved = understood
		case "keep":
			left = sent
		}
		inbox, done := s.servers[i].List("INBOX"), s.servers[i].List("Done")
		if len(inbox) != left || len(done) != moved {
			s.t.Errorf("mailbox %s: %d messages are left and %d moved, want %d and %d", after, len(inbox), len(done), left, moved)
		}
		for _, m := range inbox {
			if slices.Contains(m.Flags, `\Seen`) {
				s.t.Errorf("mailbox %s: message %d is flagged", after, m.UID)
			}
		}
	}
}

// judgeLog: it tells of nothing worse than what was done to it.
func (s *soak) judgeLog() {
	s.t.Helper()
	counts := map[string]int{}
	for line := range strings.SplitSeq(s.log(), "\n") {
		for _, text := range []string{"configuration reloaded", "configuration not reloaded"} {
			if strings.Contains(line, text) {
				counts[text]++
			}
		}
		if strings.Contains(line, "level=ERROR") && !strings.Contains(line, "configuration not reloaded") {
			s.t.Errorf("logged %s", line)
		}
	}
	if !strings.Contains(s.log(), "taken out of the store") {
		s.t.Error("nothing was past what is retained: that was not shown")
	}
	// A signal that finds another waiting is one with it.
	if got := counts["configuration reloaded"]; got == 0 || s.long && got < s.reloaded-1 {
		s.t.Errorf("%d configurations taken of %d", got, s.reloaded)
	}
	if got := counts["configuration not reloaded"]; got == 0 || s.long && got < s.refused-1 {
		s.t.Errorf("%d configurations refused of %d", got, s.refused)
	}
}

func (s *soak) log() string {
	text, err := os.ReadFile(s.logPath)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.t.Failed() && len(text) > 20_000 {
		text = text[len(text)-20_000:]
	}
	return string(text)
}
