package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"bouncehound"
	"bouncehound/poller/imaptest"
)

// everyType are the types of all events that are stored.
var everyType = []bouncehound.EventType{
	bouncehound.BounceRecorded, bouncehound.ContactWatch, bouncehound.ContactDoNotEmail, bouncehound.ContactReleased, bouncehound.ContactOK,
}

// TestKillDuringDelivery kills the daemon again and again while a webhook is under way:
// now before the endpoint has it, now when it has it and could not say so. Every event
// arrives, first arrivals are in order, and what comes twice is the same to its id.
func TestKillDuringDelivery(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	for i := range 8 {
		w.append(unknownUser(string(rune('a'+i)), string(rune('a'+i))+"@example.com"))
	}
	var d *process
	var mu sync.Mutex
	requests, kills := 0, 0
	killed := make(chan bool, 1)
	kill := func() {
		d.signal(syscall.SIGKILL)
		<-d.ended
		kills++
		killed <- true
	}
	w.receiver.answer = func() int {
		mu.Lock()
		defer mu.Unlock()
		if requests++; requests%5 == 2 { // before the endpoint has it
			kill()
			return 500
		}
		return 200
	}
	take := w.receiver.take
	w.receiver.take = func(id string, body []byte) {
		take(id, body)
		mu.Lock()
		defer mu.Unlock()
		if requests%5 == 4 { // before its answer is heard
			kill()
		}
	}
	const all = 16 // of each address its bounce, and that it must not be emailed
	firsts := func() (ids []string) {
		seen := map[string]bool{}
		for _, e := range w.receiver.all(t) {
			if !seen[e.ID] {
				ids = append(ids, e.ID)
			}
			seen[e.ID] = true
		}
		return ids
	}
	for len(firsts()) < all {
		mu.Lock()
		d = w.start("run")
		mu.Unlock()
		for over := false; !over && len(firsts()) < all; {
			select {
			case <-killed:
				over = true
			case <-w.receiver.came:
			}
		}
		// The attempt was written before it was made, so that a crash loop can't hammer
		// the endpoint. Somebody looks, and does not want to wait.
		if len(firsts()) < all {
			stdout, _ := w.run(0, "webhooks", "list", "--output", "json")
			if !strings.Contains(stdout, `"attempts":1`) || !strings.Contains(stdout, "broken off") {
				t.Fatalf("after a crash in the middle of an attempt: %s", stdout)
			}
			w.run(0, "webhooks", "resume", "crm")
		}
	}
	mu.Lock()
	w.receiver.answer, w.receiver.take = nil, take
	mu.Unlock()
	select {
	case <-killed:
	default:
		d.stop()
	}
	if kills < 5 {
		t.Errorf("killed %d times only", kills)
	}
	store := w.open()
	cursor, err := store.OpenCursor(context.Background(), "nobody", "beginning")
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := store.Pending(context.Background(), cursor, everyType, 0)
	if err != nil || len(events) != all {
		t.Fatalf("%d events, %v", len(events), err)
	}
	got := firsts()
	for i, e := range events {
		if got[i] != e.ID {
			t.Fatalf("event %d came as number %d", e.Sequence, i+1)
		}
	}
	sent := map[string]received{}
	for _, e := range w.receiver.all(t) {
		if before, ok := sent[e.ID]; ok && before != e {
			t.Errorf("%s was %+v and %+v", e.ID, before, e)
		}
		sent[e.ID] = e
	}
	t.Logf("killed %d times, %d arrivals of %d events", kills, len(w.receiver.all(t)), all)
}

// TestWebhookDialects: what the configuration says of formats is what goes out; and no
// secret is in anything that is printed.
func TestWebhookDialects(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "[mailbox.capture]\nheaders = [\"X-Contact-Id\"]")
	var mu sync.Mutex
	got := map[string]string{}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		user, password, _ := r.BasicAuth()
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] += user + password + r.Header.Get("X-Own") + string(body)
	})
	server := &http.Server{Handler: mux}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(ln) }() // returns when it is closed
	defer server.Close()
	template := filepath.Join(filepath.Dir(w.config), "lead.tmpl")
	if err := os.WriteFile(template, []byte(`{"lead": {{json .email}},`+"\n"+`"id": {{json .bounce.original.headers}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	more := ""
	for _, c := range []string{
		"name = \"l\"\nformat = \"listmonk\"\nusername = \"robot\"\npassword = \"pa55word\"\n",
		"name = \"p\"\nformat = \"postmark\"\nheaders = { X-Own = \"0wntoken\" }\n",
		"name = \"s\"\nformat = \"sendgrid\"\nevents = [\"bounce.recorded\"]\n",
		"name = \"m\"\nformat = \"mailgun\"\nsecret = \"mailgunkey\"\n",
		"name = \"t\"\nformat = \"template\"\ntemplate_file = \"lead.tmpl\"\nsecret = \"" + w.receiver.secret + "\"\n",
	} {
		more += "\n[[webhook]]\nurl = \"http://" + ln.Addr().String() + "/" + c[8:9] + "\"\nstart = \"beginning\"\n" + c
	}
	if err := os.WriteFile(w.config, append(text, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	w.append(unknownUser("1", "lena@example.com"))
	_, log := w.run(0, "poll")
	for path, want := range map[string]string{
		"/l": `robotpa55word{"email":"lena@example.com","source":"bouncehound","type":"hard"`,
		"/p": `0wntoken{"RecordType":"Bounce"`,
		"/s": `[{"X-Contact-Id":"42","bounce_classification":"Invalid Address","email":"lena@example.com","event":"bounce"`,
		"/m": `"severity":"permanent"`,
		"/t": `{"lead": "lena@example.com",` + "\n" + `"id": {"X-Contact-Id":"42"}}`,
	} {
		if !strings.Contains(got[path], want) {
			t.Errorf("%s got %s, want %s", path, got[path], want)
		}
	}
	list, _ := w.run(0, "webhooks", "list", "--output", "json")
	tested, _ := w.run(0, "webhooks", "test")
	if strings.Count(tested, "took the test event") != 6 {
		t.Errorf("tested\n%s", tested)
	}
	for _, secret := range []string{"pa55word", "0wntoken", "mailgunkey", w.receiver.secret[6:]} {
		if strings.Contains(log+list+tested, secret) {
			t.Errorf("%q is in\n%s%s%s", secret, log, list, tested)
		}
	}
	// A template that is wrong is told with its line, and nothing begins.
	if err := os.WriteFile(template, []byte("{\n\"lead\": {{json .emial}}\n}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr := w.run(2, "poll"); !strings.Contains(stderr, `webhook "t": template: line 2: `) {
		t.Errorf("printed\n%s", stderr)
	}
}

// TestWebhookProxy: the proxy of the environment is asked, with its password, which is
// told to nobody else.
func TestWebhookProxy(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	asked := make(chan *http.Request, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			t.Error(err)
		}
		_, _ = conn.Write([]byte("HTTP/1.1 403 pa55word\r\nContent-Length: 0\r\n\r\n")) // it may be gone
		asked <- r
	}()
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "http://"+w.receiver.address, "https://crm.example.com", 1))
	if err := os.WriteFile(w.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTPS_PROXY", "http://robot:pa55word@"+ln.Addr().String())
	t.Setenv("NO_PROXY", "")
	d := w.start("webhooks", "test", "crm")
	r := <-asked
	if err := <-d.ended; err == nil {
		t.Error("it says that it got through")
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("robot:pa55word"))
	if r.Method != "CONNECT" || r.Host != "crm.example.com:443" || r.Header.Get("Proxy-Authorization") != want {
		t.Errorf("%s %s %v", r.Method, r.Host, r.Header)
	}
	if strings.Contains(d.log(), "pa55word") || !strings.Contains(d.log(), "webhook crm: test: the proxy answered 403 Forbidden") {
		t.Errorf("printed\n%s", d.log())
	}
}
