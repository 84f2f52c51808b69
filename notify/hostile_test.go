package notify

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Endpoints that mean us harm, byte by byte: whatever they say, an attempt ends in
// time and keeps little.
func TestHostileEndpoints(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(conn net.Conn) // after the request; the connection is closed when it returns
		err    string              // of what is kept; empty: the event is done
	}{
		{"no header ever", func(conn net.Conn) { trickle(conn, "") }, "no answer within 30s"},
		{"a header an octet a second", func(conn net.Conn) { trickle(conn, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 100)) }, "no answer within 30s"},
		{"a header without end", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n")
			for i := 0; ; i++ {
				if _, err := fmt.Fprintf(conn, "X-%d: %s\r\n", i, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		}, "headers exceeded"},
		{"interim answers without end", func(conn net.Conn) {
			for {
				if _, err := fmt.Fprint(conn, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"); err != nil {
					return
				}
			}
		}, "headers exceeded"},
		{"a body an octet a second", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
			trickle(conn, strings.Repeat("x", 1000))
		}, ""},
		{"a refusal an octet a second", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 500 No\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n")
			trickle(conn, strings.Repeat("x", 1000))
		}, "answered 500 Internal Server Error: xxxx"},
		{"a gigabyte", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 500 No\r\nContent-Type: text/plain\r\nContent-Length: 1000000000\r\n\r\n")
			for {
				if _, err := conn.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, "answered 500"},
		{"a lie about its length", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n")
		}, "bad Content-Length"},
		{"no HTTP, and an address", func(conn net.Conn) {
			fmt.Fprint(conn, "550 lena@example.com unknown "+strings.Repeat("x", 2000)+"\r\n")
		}, `malformed HTTP status code "[address]"`},
		{"a header that is none", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nlena@example.com "+strings.Repeat("x", 2000)+"\r\n\r\n")
		}, "[address] xxxx"},
		{"another protocol", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			trickle(conn, "")
		}, "answered 101"},
		{"no HTTP", func(conn net.Conn) { fmt.Fprint(conn, "220 mx.example.com ESMTP\r\n") }, "malformed HTTP"},
		{"escape codes", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 400 \x1b[31m\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n\x1b]0;x\x07 \x00\u202eb")
		}, "answered 400 Bad Request: ]0;x b"},
		{"a wait of a hundred years", func(conn net.Conn) {
			fmt.Fprint(conn, "HTTP/1.1 503 No\r\nRetry-After: 3155760000\r\nContent-Length: 0\r\n\r\n")
		}, "answered 503"},
		{"status nought", func(conn net.Conn) { fmt.Fprint(conn, "HTTP/1.1 000 x\r\nContent-Length: 0\r\n\r\n") }, "answered 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events := &memory{}
				events.add("lena@example.com")
				e := crm()
				e.URL = "http://127.0.0.1/hooks"
				transport := newClient(newDialer()).Transport.(*http.Transport)
				transport.Proxy = nil
				transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() {
						defer theirs.Close()
						got := make([]byte, 64<<10)
						for read := 0; !strings.Contains(string(got[:read]), `"sequence":1}}`); {
							n, err := theirs.Read(got[read:])
							if read += n; err != nil {
								return
							}
						}
						c.answer(theirs)
					}()
					return ours, nil
				}
				s := newTestSender(t, e, events, transport)
				begun := time.Now()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := s.Deliver(t.Context())
				runtime.ReadMemStats(&after)
				if took := time.Since(begun); took > DefaultTimeout {
					t.Errorf("it took %v", took)
				}
				if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
					t.Errorf("it took %d octets of memory", grown)
				}
				cursor := events.cursor("crm")
				if len(events.letters) == 1 { // refused
					cursor.LastError, err = events.letters[0].Error, fmt.Errorf("%s", events.letters[0].Error)
				}
				time.Sleep(time.Minute) // whatever still writes ends
				if c.err == "" {
					if err != nil || cursor.Sequence != 1 {
						t.Errorf("%v, cursor %+v", err, cursor)
					}
					return
				}
				if err == nil || !strings.Contains(cursor.LastError, c.err) || len(cursor.LastError) > 400 || strings.ContainsAny(cursor.LastError, "\x1b\x07\x00\n\u202e") {
					t.Errorf("kept %q, want %q in it", cursor.LastError, c.err)
				}
				if wait := cursor.NextAt.Sub(begun); wait > maxRetryAfter+DefaultTimeout {
					t.Errorf("the next attempt is %v ahead", wait)
				}
			})
		})
	}
}

// trickle writes an octet a second, and then nothing, until nobody reads any more.
func trickle(conn net.Conn, text string) {
	for _, b := range []byte(text) {
		if _, err := conn.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
	_, _ = conn.Read(make([]byte, 1)) // returns when the other side is closed
}

// A host with letters of its own is asked for by its A-label (RFC 5890), in the address
// and in the Host field.
func TestHostInUnicode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &pipeServer{t: t}
		server.handle = func(w http.ResponseWriter, r *http.Request, id string, body []byte) {
			if r.Host != "xn--bcher-kva.example" {
				t.Errorf("Host: %s", r.Host)
			}
			server.took(id, body)
		}
		transport := server.transport().(*http.Transport)
		dial := transport.DialContext
		asked := ""
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			asked = address
			return dial(ctx, network, address)
		}
		events := &memory{}
		ids := events.add("lena@example.com")
		e := crm()
		e.URL = "http://Bücher.example/hooks"
		if err := newTestSender(t, e, events, transport).Deliver(t.Context()); err != nil {
			t.Error(err)
		}
		server.close()
		wantIDs(t, server.ids(), ids)
		if asked != "xn--bcher-kva.example:80" {
			t.Errorf("dialled %s", asked)
		}
	})
}
