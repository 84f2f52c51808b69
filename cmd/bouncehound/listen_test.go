package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"bouncehound/poller/imaptest"
)

// freePort returns an address that nobody listens at, of a port that the kernel gives to
// nobody by itself (ip(7): ip_local_port_range).
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000)))
		if err == nil {
			defer ln.Close()
			return ln.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// escaped is JSON as it goes over HTTP, where nothing in it looks like markup.
func escaped(printed string) string {
	var b bytes.Buffer
	json.HTMLEscape(&b, []byte(printed))
	return b.String()
}

const apiToken = "0123456789abcdef0123456789abcdef"

// fetch asks the daemon and returns the status and what it says.
func fetch(t *testing.T, method, url, body string, token string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestRunListen: the daemon tells what it does in metrics, answers applications with
// what the command line prints, lets them change standings, and goes on after a reload
// at the same address or another.
func TestRunListen(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	w.append(unknownUser("1", "lena@example.com"))
	plain, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	configure := func(address string) string {
		t.Helper()
		text := fmt.Sprintf("%s\n[listen]\naddress = %q\ntoken = %q\n", plain, address, apiToken)
		if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "http://" + address
	}
	url := configure(freePort(t))
	d := w.start("run")
	d.await("polled")
	w.receiver.await(t, 2)

	for code := 0; code != 200; { // a moment after it has logged that it polled
		code, _ = fetch(t, "GET", url+"/readyz", "", "")
	}
	if code, _ := fetch(t, "GET", url+"/metrics", "", ""); code != 401 {
		t.Errorf("metrics without the token: %d", code)
	}
	_, metrics := fetch(t, "GET", url+"/metrics", "", apiToken)
	for _, want := range []string{
		`bouncehound_messages_total{action="failed",mailbox="bounces"} 1`,
		`bouncehound_bounces_total{class="hard",fault="recipient",reason="user_unknown"} 1`,
		`bouncehound_bounces_total{class="block",fault="sender",reason="sender_blocked"} 0`,
		`bouncehound_poll_duration_seconds_count{mailbox="bounces"} 1`,
		`bouncehound_last_success_timestamp_seconds{mailbox="bounces"} 1.`,
		`bouncehound_imap_errors_total{mailbox="bounces",stage="login"} 0`,
		`bouncehound_webhook_deliveries_total{endpoint="crm",result="taken"} `,
		`bouncehound_webhook_lag_events{endpoint="crm"} `,
		`bouncehound_webhook_oldest_seconds{endpoint="crm"} `,
		`bouncehound_contacts{standing="do_not_email"} 1`,
		`bouncehound_unread_messages 0`,
		`bouncehound_build_info{`,
	} {
		if !strings.Contains(metrics, "\n"+want) {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}

	_, told := fetch(t, "GET", url+"/v1/contacts/Lena@EXAMPLE.com", "", apiToken)
	printed, _ := w.run(0, "show", "lena@example.com", "--output", "json")
	sent := strings.NewReplacer(`"state":"waiting"`, `"state":"sent"`) // it is on its way
	if sent.Replace(told) != sent.Replace(escaped(printed)) || !strings.Contains(told, `"webhook":"crm"`) || !strings.Contains(told, `"bounces":[{`) {
		t.Errorf("it answers\n%s, show prints\n%s", told, printed)
	}
	w.run(0, "suppress", "--domain", "partner.example", "--note", "asked")
	_, told = fetch(t, "GET", url+"/v1/contacts/new@Partner.example", "", apiToken)
	printed, _ = w.run(0, "show", "new@Partner.example", "--output", "json")
	if told != escaped(printed) || !strings.Contains(told, `"entry":{"entry":"domain","value":"partner.example",`) {
		t.Errorf("of a domain never to mail it answers\n%s, show prints\n%s", told, printed)
	}
	_, told = fetch(t, "POST", url+"/v1/contacts/check", `{"addresses":["lena@example.com","ok@example.com"]}`, apiToken)
	if !strings.Contains(told, `{"email":"lena@example.com","mail":false,"contact":{"email":"lena@example.com",`) || !strings.Contains(told, `{"email":"ok@example.com","mail":true}`) {
		t.Errorf("check: %s", told)
	}
	// As applications have them in hand; of what is no address nobody knows any good.
	_, told = fetch(t, "POST", url+"/v1/contacts/check", `{"addresses":[" Lena@example.com\n","Lena <lena@example.com>","mailto:lena@example.com","ok@example.com ","lena%40example.com","","ok@example.com, lena@example.com"]}`, apiToken)
	if strings.Count(told, `"mail":false`) != 6 || strings.Count(told, `"contact":{"email":"lena@example.com",`) != 3 || !strings.Contains(told, `{"email":"ok@example.com ","mail":true}`) {
		t.Errorf("check of what people write: %s", told)
	}
	_, told = fetch(t, "GET", url+"/v1/bounces", "", apiToken)
	listed, _ := w.run(0, "export", "bounces", "--output", "json")
	if told != `{"bounces":[`+escaped(strings.TrimSpace(listed))+`],"next":1}`+"\n" {
		t.Errorf("bounces: %s, export writes %s", told, listed)
	}
	if code, text := fetch(t, "DELETE", url+"/v1/do-not-email/%20lena@example.com", "", apiToken); code != 400 {
		t.Errorf("release of what is no address: %d %s", code, text)
	}
	if code, text := fetch(t, "DELETE", url+"/v1/do-not-email/lena@example.com", `{"by":"crm","note":"new mailbox"}`, apiToken); code != 200 || !strings.Contains(text, `"standing":"ok"`) {
		t.Errorf("release: %d %s", code, text)
	}
	if events := w.receiver.await(t, 3); events[2].Type != "contact.released" {
		t.Errorf("event %+v", events[2])
	}
	_, told = fetch(t, "GET", url+"/v1/events?after=2", "", apiToken)
	if !strings.Contains(told, `"type":"contact.released"`) || !strings.Contains(told, `"by":"crm","note":"new mailbox","sequence":3}`) || !strings.Contains(told, `"next":3}`) {
		t.Errorf("events: %s", told)
	}

	// Whoever knows more than the store asked it before a copy took its place.
	for _, path := range []string{"/v1/events?after=3", "/v1/bounces?after=1"} {
		if code, text := fetch(t, "GET", url+path, "", apiToken); code != 200 {
			t.Errorf("%s: %d %s", path, code, text)
		}
		if code, text := fetch(t, "GET", url+path+"000", "", apiToken); code != 410 || !strings.Contains(text, ": the last ") {
			t.Errorf("%s000: %d %s", path, code, text)
		}
	}

	d.signal(syscall.SIGHUP)
	d.await("configuration reloaded")
	d.await("polled")
	_, metrics = fetch(t, "GET", url+"/metrics", "", apiToken)
	if !strings.Contains(metrics, `bouncehound_messages_total{action="failed",mailbox="bounces"} 1`) {
		t.Error("counters began anew with the configuration")
	}

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	configure(taken.Addr().String())
	d.signal(syscall.SIGHUP)
	d.await("configuration not reloaded, the old one stays")
	if code, _ := fetch(t, "GET", url+"/healthz", "", ""); code != 200 {
		t.Errorf("after a reload that failed: %d", code)
	}
	next := configure(freePort(t))
	d.signal(syscall.SIGHUP)
	d.await("configuration reloaded")
	d.await("polled")
	if code, _ := fetch(t, "GET", next+"/healthz", "", ""); code != 200 {
		t.Errorf("at the new address: %d", code)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		conn.Close()
		t.Error("it still listens at the old address")
	}
	d.stop()
	if strings.Contains(d.log(), "lena@") || strings.Contains(d.log(), apiToken) {
		t.Errorf("an address or the token was logged\n%s", d.log())
	}
}

// TestRunListenTaken: an address that is taken is told before the daemon is ready.
func TestRunListenTaken(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := os.OpenFile(w.config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "[listen]\naddress = %q\n", ln.Addr())
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, stderr := w.run(1, "run")
	if !strings.Contains(stderr, "error: listen.address: ") || !strings.Contains(stderr, "hint: another process") {
		t.Errorf("printed\n%s", stderr)
	}
}
