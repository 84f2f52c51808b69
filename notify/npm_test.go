package notify

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The libraries of others that verify our signatures, from npm, and their versions.
var published = []string{"standardwebhooks@1.1.1", "@sendgrid/eventwebhook@8.0.0"}

// Postmark's own types of its webhooks, and who checks them.
var publishedTypes = []string{"postmark@5.1.0", "typescript@5.9.3"}

// verifyJS prints one line for each case on stdin: ok, or what the library says.
const verifyJS = `
const { Webhook } = require("standardwebhooks");
const { EventWebhook } = require("@sendgrid/eventwebhook");
for (const line of require("node:fs").readFileSync(0, "utf8").trim().split("\n")) {
  const c = JSON.parse(line);
  const body = Buffer.from(c.body, "base64").toString();
  try {
    if (c.format === "standard") {
      new Webhook(c.secret).verify(body, c.headers);
      console.log("ok");
    } else {
      const w = new EventWebhook();
      const good = w.verifySignature(w.convertPublicKeyToECDSA(c.secret), body,
        c.headers["x-twilio-email-event-webhook-signature"], c.headers["x-twilio-email-event-webhook-timestamp"]);
      console.log(good ? "ok" : "wrong");
    }
  } catch (e) {
    console.log(e.message);
  }
}
`

// Our signatures are verified by the libraries that receivers use: that of Standard
// Webhooks and that of SendGrid, for Node.
func TestPublishedLibraries(t *testing.T) {
	dir := npm(t, published)
	private, public := newECDSA(t)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger := newECDSA(t)
	other, err := x509.MarshalPKIXPublicKey(stranger)
	if err != nil {
		t.Fatal(err)
	}
	type check struct {
		Format  string            `json:"format"`
		Secret  string            `json:"secret"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	var cases bytes.Buffer
	var want []string
	add := func(wanted, format, secret string, h http.Header, body string) {
		c := check{format, secret, map[string]string{}, base64.StdEncoding.EncodeToString([]byte(body))}
		for name := range h {
			c.Headers[strings.ToLower(name)] = h.Get(name)
		}
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		cases.Write(append(line, '\n'))
		want = append(want, wanted)
	}
	for _, secrets := range [][]string{{secretA}, {secretB, secretA}} {
		e := crm()
		e.Secrets = secrets
		for _, r := range sent(t, e) {
			add("ok", "standard", secretA, r.h, r.body)
			add("No matching signature found", "standard", secretA, r.h, r.body+" ")
			add("No matching signature found", "standard", "whsec_Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj", r.h, r.body)
			old := r.h.Clone()
			old.Set("webhook-timestamp", "1767225600")
			add("Message timestamp too old", "standard", secretA, old, r.body)
		}
	}
	e := crm()
	e.Format, e.Secrets = "sendgrid", []string{private}
	for _, r := range sent(t, e) {
		add("ok", "sendgrid", base64.StdEncoding.EncodeToString(der), r.h, r.body)
		add("wrong", "sendgrid", base64.StdEncoding.EncodeToString(der), r.h, r.body+" ")
		add("wrong", "sendgrid", base64.StdEncoding.EncodeToString(other), r.h, r.body)
	}
	verifier := exec.CommandContext(t.Context(), "node", "-e", verifyJS)
	verifier.Dir, verifier.Stdin, verifier.Stderr = dir, &cases, os.Stderr
	out, err := verifier.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(got) != len(want) || len(want) < 20 {
		t.Fatalf("%d verdicts on %d cases: %q", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("case %d: %q, want %q", i, got[i], want[i])
		}
	}
	t.Logf("%d requests judged as they should be by %s", len(want), strings.Join(published, ", "))
}

// npm installs packages into a folder of its own.
func npm(t *testing.T, packages []string) (dir string) {
	t.Helper()
	if os.Getenv("TEST_PUBLISHED") == "" {
		t.Skip("TEST_PUBLISHED is not set: it gets libraries from npm")
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	dir = t.TempDir()
	args := []string{"install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "--cache", filepath.Join(dir, "cache")}
	if out, err := exec.CommandContext(t.Context(), "npm", append(args, packages...)...).CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	return dir
}

// Every field that we send to receivers of Postmark's webhooks is one of Postmark's own
// types, and none is missing. (Null is let be: it is documented, and not in the types.)
func TestPublishedTypes(t *testing.T) {
	dir := npm(t, publishedTypes)
	f, err := postmark.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	var ts strings.Builder
	ts.WriteString(`import type { Models } from "postmark";` + "\n")
	records := map[string]int{}
	bounce := ""
	for i, e := range everything() {
		body, err := f.body(e.event, e.event.At)
		if errors.Is(err, errNoCounterpart) {
			continue
		}
		var record struct{ RecordType string }
		if err := errors.Join(err, json.Unmarshal(body, &record)); err != nil {
			t.Fatal(err)
		}
		records[record.RecordType]++
		if record.RecordType == "Bounce" {
			bounce = string(body)
		}
		fmt.Fprintf(&ts, "export const c%d: Models.%sWebhook = %s;\n", i, record.RecordType, body)
	}
	if len(records) != 4 || records["Bounce"] < 8 {
		t.Errorf("records %v", records)
	}
	check := func(text string) (string, error) {
		if err := os.WriteFile(filepath.Join(dir, "records.ts"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		tsc := exec.CommandContext(t.Context(), "node", "node_modules/typescript/bin/tsc", "--noEmit", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext", "--target", "es2022", "records.ts")
		tsc.Dir = dir
		out, err := tsc.CombinedOutput()
		return string(out), err
	}
	if out, err := check(ts.String()); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, wrong := range []string{strings.Replace(bounce, `"TypeCode":`, `"TypeCode":"x","Type2":`, 1), strings.Replace(bounce, `"Email":`, `"EMail":`, 1)} {
		if out, err := check(ts.String() + "export const wrong: Models.BounceWebhook = " + wrong + ";\n"); err == nil || strings.Count(out, "error TS") != 1 {
			t.Errorf("what is wrong is not found: %v\n%s", err, out)
		}
	}
	t.Logf("%v as the types of %s have it", records, publishedTypes[0])
}

// sent returns what an endpoint gets of events with all kinds of text in them.
func sent(t *testing.T, e Endpoint) (got []call) {
	t.Helper()
	log, receiver := &memory{}, &plainHook{}
	log.add("lena@example.com", "jürgen@bücher.example", `"<&>\u2028"@example.com`)
	if err := newTestSender(t, e, log, receiver).Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, body := range receiver.bodies {
		got = append(got, call{h: receiver.headers[i], body: body})
	}
	if len(got) != 3 {
		t.Fatalf("%d requests", len(got))
	}
	return got
}
