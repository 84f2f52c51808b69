package notify

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// certificate returns one for crm.example.com that is good until end, and the pool that
// vouches for it.
func certificate(t *testing.T, end time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "crm.example.com"}, DNSNames: []string{"crm.example.com"},
		NotBefore: end.Add(-week), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// piped returns a sender with its own transport, of which each connection goes to serve.
func piped(t *testing.T, e Endpoint, events *memory, serve func(conn net.Conn)) (*Sender, *http.Transport) {
	s, err := New(e, events, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.dialer.dial = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			serve(theirs)
		}()
		return ours, nil
	}
	transport := s.client.Transport.(*http.Transport)
	transport.Proxy = nil
	return s, transport
}

// An h2 is the server's side of a connection of HTTP/2 (RFC 9113), frame by frame.
type h2 struct {
	net.Conn
	requests chan uint32 // the stream of each that has come whole
}

const (
	h2Data         = 0
	h2Headers      = 1
	h2Reset        = 3
	h2Settings     = 4
	h2Push         = 5
	h2Ping         = 6
	h2GoAway       = 7
	h2Window       = 8
	h2Continuation = 9

	h2EndStream  = 1
	h2EndHeaders = 4
)

// serveH2 shakes hands, reads what comes, and lets answer do the talking.
func serveH2(conn net.Conn, cert tls.Certificate, answer func(c *h2)) {
	secured := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
	c := &h2{secured, make(chan uint32, 100)}
	if _, err := io.ReadFull(secured, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	go func() {
		defer close(c.requests)
		for {
			var head [9]byte
			if _, err := io.ReadFull(secured, head[:]); err != nil {
				return
			}
			size := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
			if _, err := io.CopyN(io.Discard, secured, size); err != nil {
				return
			}
			if (head[3] == h2Data || head[3] == h2Headers) && head[4]&h2EndStream != 0 {
				c.requests <- binary.BigEndian.Uint32(head[5:])
			}
		}
	}()
	if c.frame(h2Settings, 0, 0, nil) {
		answer(c)
	}
	for range c.requests { // until the other side has gone
	}
}

// frame writes a frame and says whether anybody takes it.
func (c *h2) frame(kind, flags byte, stream uint32, payload []byte) bool {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	_, err := c.Write(append(binary.BigEndian.AppendUint32(head, stream), payload...))
	return err == nil
}

// forever writes a frame again and again, a hundred a second.
func (c *h2) forever(kind, flags byte, stream uint32, payload []byte) {
	for c.frame(kind, flags, stream, payload) {
		time.Sleep(10 * time.Millisecond)
	}
}

// Header blocks as HPACK has them (RFC 7541).
var (
	h2Status200 = []byte{0x88}
	h2Status500 = []byte{0x8e}
	h2Status103 = []byte{0x08, 3, '1', '0', '3'}
)

// Endpoints that mean us harm with the frames of HTTP/2: an attempt ends in time and
// keeps little, whatever they do.
func TestHostileHTTP2(t *testing.T) {
	numbers := func(n ...uint32) (b []byte) {
		for _, x := range n {
			b = binary.BigEndian.AppendUint32(b, x)
		}
		return b
	}
	long := append([]byte{0x00, 1, 'x', 0x7f, 0x81, 0x07}, strings.Repeat("y", 1024)...) // x: 1,024 octets, not indexed
	for _, c := range []struct {
		name   string
		answer func(c *h2)
		taken  bool // the event is done
	}{
		{"gone away at once", func(c *h2) { c.frame(h2GoAway, 0, 0, numbers(0, 0)) }, false},
		{"gone away before the answer", func(c *h2) {
			<-c.requests
			c.frame(h2GoAway, 0, 0, numbers(0, 0))
		}, false},
		{"gone away as one goes who has had it", func(c *h2) {
			stream := <-c.requests
			c.frame(h2GoAway, 0, 0, numbers(stream, 0))
			c.frame(h2Headers, h2EndHeaders|h2EndStream, stream, h2Status200)
		}, true},
		{"gone away for calm", func(c *h2) { c.frame(h2GoAway, 0, 0, append(numbers(0, 11), "too_many_pings"...)) }, false},
		{"every stream refused", func(c *h2) {
			for stream := range c.requests {
				c.frame(h2Reset, 0, stream, numbers(7))
			}
		}, false},
		{"no stream allowed", func(c *h2) { c.frame(h2Settings, 0, 0, append([]byte{0, 3}, numbers(0)...)) }, false},
		{"no window", func(c *h2) { c.frame(h2Settings, 0, 0, append([]byte{0, 4}, numbers(0)...)) }, false},
		{"a window of nothing", func(c *h2) { c.frame(h2Window, 0, <-c.requests, numbers(0)) }, false},
		{"silence", func(*h2) {}, false},
		{"pings without end", func(c *h2) { c.forever(h2Ping, 0, 0, make([]byte, 8)) }, false},
		{"settings without end", func(c *h2) { c.forever(h2Settings, 0, 0, append([]byte{0, 4}, numbers(1<<20)...)) }, false},
		{"header fields without end", func(c *h2) {
			stream := <-c.requests
			c.frame(h2Headers, 0, stream, h2Status200)
			c.forever(h2Continuation, 0, stream, long)
		}, false},
		{"empty header fields without end", func(c *h2) {
			stream := <-c.requests
			c.frame(h2Headers, 0, stream, h2Status200)
			c.forever(h2Continuation, 0, stream, nil)
		}, false},
		{"interim answers without end", func(c *h2) {
			c.forever(h2Headers, h2EndHeaders, <-c.requests, append(h2Status103, long...))
		}, false},
		{"short interim answers without end", func(c *h2) { c.forever(h2Headers, h2EndHeaders, <-c.requests, h2Status103) }, false},
		{"pushes", func(c *h2) {
			c.frame(h2Push, h2EndHeaders, <-c.requests, append(numbers(2), h2Status200...))
		}, false},
		{"a body without end", func(c *h2) {
			stream := <-c.requests
			c.frame(h2Headers, h2EndHeaders, stream, h2Status200)
			c.forever(h2Data, 0, stream, make([]byte, 16<<10))
		}, true},
		{"a refusal without end", func(c *h2) {
			stream := <-c.requests
			c.frame(h2Headers, h2EndHeaders, stream, h2Status500)
			c.forever(h2Data, 0, stream, make([]byte, 16<<10))
		}, false},
		{"empty data without end", func(c *h2) {
			stream := <-c.requests
			c.frame(h2Headers, h2EndHeaders, stream, h2Status200)
			c.forever(h2Data, 0, stream, nil)
		}, true},
		{"not what was agreed", func(c *h2) {
			<-c.requests
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") // nobody may be there
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cert, pool := certificate(t, time.Now().Add(day))
				events := &memory{}
				events.add("lena@example.com")
				s, transport := piped(t, crm(), events, func(conn net.Conn) { serveH2(conn, cert, c.answer) })
				transport.TLSClientConfig.RootCAs = pool
				begun, before := time.Now(), heldMemory()
				err := s.Deliver(t.Context())
				if grown := heldMemory() - before; grown > 8<<20 {
					t.Errorf("it holds %d octets of memory", grown)
				}
				if took := time.Since(begun); took > DefaultTimeout {
					t.Errorf("it took %v", took)
				}
				if cursor := events.cursor("crm"); (cursor.Sequence == 1) != c.taken || (err == nil) != c.taken || len(cursor.LastError) > 400 {
					t.Errorf("%v, cursor %+v", err, cursor)
				} else if !c.taken {
					t.Log(cursor.LastError)
				}
				time.Sleep(10 * time.Minute) // nobody goes on writing to us: whoever did would be the only one awake
			})
		})
	}
}

// heldMemory returns how many octets of memory are in use.
func heldMemory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A connection on which nothing came in time is not used for the next attempt: the
// server behind it may have died, or its name may mean another by now.
func TestDeadConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cert, pool := certificate(t, time.Now().Add(day))
		events := &memory{}
		ids := events.add("lena@example.com")
		n := 0
		s, transport := piped(t, crm(), events, func(conn net.Conn) {
			n++
			first := n == 1
			serveH2(conn, cert, func(c *h2) {
				for stream := range c.requests {
					if !first {
						c.frame(h2Headers, h2EndHeaders|h2EndStream, stream, h2Status200)
					}
				}
			})
		})
		transport.TLSClientConfig.RootCAs = pool
		runFor(t, s, time.Minute)
		if c := events.cursor("crm"); c.Sequence != 1 || n != 2 {
			t.Errorf("%s not taken: cursor %+v, %d connections", ids, c, n)
		}
		time.Sleep(10 * time.Minute)
	})
}

// Connections do not gather, however often the server says that it goes away and stays.
func TestConnectionsDoNotGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cert, pool := certificate(t, time.Now().Add(week))
		events := &memory{}
		var open, most, n atomic.Int32
		s, transport := piped(t, crm(), events, func(conn net.Conn) {
			most.Store(max(most.Load(), open.Add(1)))
			defer open.Add(-1)
			useless := n.Add(1)%3 != 0
			serveH2(conn, cert, func(c *h2) {
				if !useless {
					stream := <-c.requests
					c.frame(h2Headers, h2EndHeaders|h2EndStream, stream, h2Status200)
				}
				c.frame(h2GoAway, 0, 0, make([]byte, 8))
			})
		})
		transport.TLSClientConfig.RootCAs = pool
		stop := background(t, s)
		for range 24 {
			events.add("lena@example.com")
			s.Wake()
			time.Sleep(time.Hour)
		}
		stop()
		synctest.Wait()
		if c := events.cursor("crm"); c.Sequence != 24 {
			t.Errorf("cursor %+v", c)
		}
		if n.Load() < 48 || most.Load() > mostOpen+1 || open.Load() != 0 {
			t.Errorf("%d connections, at most %d at a time, %d in the end", n.Load(), most.Load(), open.Load())
		}
	})
}
