package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"bouncehound/poller/imaptest"
)

// TestWebhooksMend takes an endpoint through what can go wrong with it: it refuses an
// event, shuts itself off, hangs at one event, and loses what it got.
func TestWebhooksMend(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	answer := 422
	w.receiver.answer = func() int { return answer }
	w.append(unknownUser("1", "lena@example.com"))
	w.run(0, "poll") // both events are set aside
	state := func(want string) {
		t.Helper()
		if stdout, _ := w.run(0, "webhooks", "list", "--output", "json"); !strings.Contains(stdout, want) {
			t.Errorf("no %s in %s", want, stdout)
		}
	}
	state(`"dead_letters":2`)
	w.run(0, "release", "lena@example.com")
	answer = 410
	w.run(1, "poll")
	state(`"paused":true`)
	if stdout, _ := w.run(1, "webhooks", "retry", "crm"); !strings.Contains(stdout, "0 dead letters sent") {
		t.Errorf("retry of a paused endpoint: %s", stdout)
	}

	answer = 500
	w.run(0, "webhooks", "resume", "crm")
	w.run(1, "poll")
	state(`"attempts":1`)
	if stdout, _ := w.run(0, "webhooks", "skip", "crm"); !strings.Contains(stdout, "event 3 (contact.released) is a dead letter now") {
		t.Errorf("skip: %s", stdout)
	}
	w.run(1, "webhooks", "skip", "crm") // nothing is left to skip

	answer = 200
	// The bounce and the release are sent; that lena was flagged is superseded.
	if stdout, _ := w.run(0, "webhooks", "retry", "crm"); !strings.Contains(stdout, "2 dead letters sent, 1 superseded") {
		t.Errorf("retry: %s", stdout)
	}
	w.run(0, "webhooks", "rewind", "crm", "0")
	w.run(0, "poll")
	var types []string
	for _, e := range w.receiver.all(t) {
		types = append(types, e.Type)
	}
	want := []string{"bounce.recorded", "contact.released", "bounce.recorded", "contact.do_not_email", "contact.released"}
	if !slices.Equal(types, want) {
		t.Errorf("came %q, want %q", types, want)
	}
	state(`"lag":0`)

	for _, args := range [][]string{{"rewind", "crm", "-1"}, {"rewind", "crm"}, {"resume", "other"}} {
		w.run(2, append([]string{"webhooks"}, args...)...)
	}
}

// TestKillRetry: a retry that is killed with a dead letter on its way keeps nobody from
// sending, and the letter, which a release has overtaken by then, is not sent again.
func TestKillRetry(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	var status atomic.Int32
	arrived, letGo := make(chan struct{}, 10), make(chan struct{})
	w.receiver.answer = func() int {
		if status.Load() == 0 { // hangs
			arrived <- struct{}{}
			<-letGo
			return 500
		}
		return int(status.Load())
	}
	status.Store(422)
	w.append(unknownUser("1", "lena@example.com"))
	w.run(0, "poll") // both events are set aside
	status.Store(0)
	retry := w.start("webhooks", "retry", "crm")
	<-arrived
	w.run(0, "release", "lena@example.com")
	retry.signal(syscall.SIGKILL)
	if err := <-retry.ended; err == nil {
		t.Error("it ended well")
	}
	status.Store(200)
	close(letGo)
	w.run(0, "poll")
	if stdout, _ := w.run(0, "webhooks", "retry", "crm"); !strings.Contains(stdout, "1 dead letter sent, 1 superseded") {
		t.Errorf("retry: %s", stdout)
	}
	var types []string
	for _, e := range w.receiver.all(t) {
		types = append(types, e.Type)
	}
	if want := []string{"contact.released", "bounce.recorded"}; !slices.Equal(types, want) {
		t.Errorf("came %q, want %q", types, want)
	}
}

// TestShowTold: show names an endpoint with the events it is told of, and with no others.
func TestShowTold(t *testing.T) {
	taken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer taken.Close()
	w := newWorld(t, imaptest.Memory(t), "")
	w.add("[[webhook]]\nname = \"news\"\nformat = \"listmonk\"\nurl = %q\nusername = \"u\"\npassword = \"p\"\n", taken.URL)
	w.run(0, "poll") // from now on
	w.run(0, "suppress", "lena@example.com")
	w.run(0, "release", "lena@example.com")
	w.run(0, "poll")
	stdout, _ := w.run(0, "show", "lena@example.com")
	if strings.Count(stdout, "news was told") != 1 || strings.Count(stdout, "crm was told") != 2 {
		t.Errorf("show printed\n%s", stdout)
	}
}

// TestUnasked: what an endpoint says beyond its answer is in no log.
func TestUnasked(t *testing.T) {
	endpoint, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer endpoint.Close()
	go func() {
		for {
			conn, err := endpoint.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nlena@example.com")
			}
			defer conn.Close()
		}
	}()
	w := newWorld(t, imaptest.Memory(t), fmt.Sprintf("[[webhook]]\nname = \"talks\"\nurl = \"http://%s\"\nsecret = \"whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\"\n", endpoint.Addr()))
	d := w.start("webhooks", "test", "talks")
	if err := <-d.ended; err != nil {
		t.Fatal(err, d.log())
	}
	if said := d.log(); said != "" {
		t.Errorf("said %s", said)
	}
}
