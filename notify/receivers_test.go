package notify

import (
	"bufio"
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// The receivers of docs/webhooks.md, each run by its language if that is installed:
// they take what is signed, once, and refuse everything else.
func TestReceivers(t *testing.T) {
	for _, c := range []struct {
		language, file string
		run            func(file, port string) []string
	}{
		{"go", "receiver.go", func(file, _ string) []string { return []string{"go", "run", file} }},
		{"python", "receiver.py", func(file, _ string) []string { return []string{"python3", file} }},
		{"js", "receiver.js", func(file, _ string) []string { return []string{"node", file} }},
		{"php", "receiver.php", func(file, port string) []string { return []string{"php", "-S", "127.0.0.1:" + port, file} }},
	} {
		t.Run(c.language, func(t *testing.T) {
			port := freePort(t)
			dir := t.TempDir()
			file := filepath.Join(dir, c.file)
			if err := os.WriteFile(file, []byte(receiverOf(t, c.language)), 0o600); err != nil {
				t.Fatal(err)
			}
			// Of its own, lest it belongs to a module around it.
			if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module receiver\n\ngo 1.24\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			command := c.run(file, port)
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Skipf("%s is not installed", command[0])
			}
			printed := startReceiver(t, dir, port, command)
			log := &memory{}
			log.add("lena@example.com", "otto@example.com")
			log.events[1].Type = bouncehound.ContactReleased
			e := crm()
			e.URL, e.Secrets = "http://127.0.0.1:"+port+"/hooks/bounces", []string{secretB, secretA} // in rotation: it has the second
			s, err := New(e, log, nil)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time it has seen them
				if err := s.Deliver(t.Context()); err != nil {
					t.Fatal(err)
				}
				log.change("crm", func(c *bouncehound.Cursor) { c.Sequence = 0 })
			}
			log.add("nobody@example.com")
			e.Secrets = []string{secretB}
			stranger, err := New(e, log, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := stranger.Deliver(t.Context()); err == nil || !strings.Contains(err.Error(), "answered 401") {
				t.Errorf("a stranger: %v", err)
			}
			log.change("crm", func(c *bouncehound.Cursor) { *c = bouncehound.Cursor{Consumer: "crm", Sequence: 2} })
			if err := s.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			for age, want := range map[time.Duration]int{time.Hour: 401, -time.Hour: 401, time.Minute: 204} {
				if got := replayed(t, s, log.events[0], age); got != want {
					t.Errorf("a request of %v ago is answered %d, want %d", age, got, want)
				}
			}
			var lines []string
			for range 3 {
				lines = append(lines, <-printed)
			}
			want := []string{"do not email lena@example.com", "email again otto@example.com", "do not email nobody@example.com"}
			if !slices.Equal(lines, want) {
				t.Errorf("it printed %q, want %q", lines, want)
			}
		})
	}
}

// replayed sends a request as it was sent, well signed, some time ago.
func replayed(t *testing.T, s *Sender, e bouncehound.Event, ago time.Duration) (status int) {
	t.Helper()
	then := time.Now().Add(-ago)
	body, err := s.format.body(e, then)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url.String(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.format.sign(req.Header, e.ID, then, body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// receiverOf returns the receiver in a language.
func receiverOf(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, ok := strings.Cut(string(text), "\n```"+language+"\n")
	code, _, end := strings.Cut(code, "\n```\n")
	if !ok || !end {
		t.Fatalf("no receiver in %s", language)
	}
	return code + "\n"
}

// freePort returns a port that nobody listens at, and that the kernel gives to nobody by
// itself (ip(7): ip_local_port_range).
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(20_000 + rand.IntN(12_000))
		if ln, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			ln.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// startReceiver returns once the program listens, with the lines that it prints.
func startReceiver(t *testing.T, dir, port string, command []string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PORT="+port, "WEBHOOK_SECRET="+secretA, "TMPDIR="+dir, "GOFLAGS=")
	ownGroup(cmd) // go run starts a process of its own
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	printed, listens := make(chan string, 100), make(chan bool, 1)
	read := make(chan struct{}, 2)
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			printed <- lines.Text()
		}
		close(printed)
		read <- struct{}{}
	}()
	go func() {
		all, up := "", false
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			all += lines.Text() + "\n"
			if !up && (strings.Contains(lines.Text(), "listening") || strings.Contains(lines.Text(), ") started")) {
				up = true
				listens <- true
			}
		}
		if !up {
			t.Log(all)
			listens <- false
		}
		read <- struct{}{}
	}()
	t.Cleanup(func() {
		killGroup(cmd)
		<-read
		<-read
		_ = cmd.Wait() // it was killed
		cancel()
	})
	if !<-listens {
		t.Fatal("it does not listen")
	}
	return printed
}
