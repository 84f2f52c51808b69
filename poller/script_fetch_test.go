package poller_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
	"bouncehound/poller"
)

func threeMails() []string {
	return []string{"Subject: report 1\r\n\r\n1", "Subject: other 2\r\n\r\n22", "Subject: report 3\r\n\r\n333"}
}

// onFetch is a script's hook for the commands that ask for bodies.
func onFetch(f func(c *scripted, tag string, uids []int) bool) func(*scripted, string, string) bool {
	return func(c *scripted, tag, command string) bool {
		if !strings.HasPrefix(command, "UID FETCH") || !strings.Contains(command, "BODY.PEEK[]") {
			return false
		}
		return f(c, tag, set(strings.Fields(command)[2]))
	}
}

// What servers do that go-imap would lose a message over without a word.
func TestOddFetchResponses(t *testing.T) {
	for name, respond := range map[string]func(c *scripted, uid int){
		"UID behind the body": func(c *scripted, uid int) { c.send("* %d FETCH (%s UID %d)", uid, c.body(uid), uid) },
		"flags of the message before": func(c *scripted, uid int) {
			c.send(`* %d FETCH (UID %d FLAGS (\Seen))`, uid, uid)
			c.send("* %d FETCH (UID %d %s)", uid, uid, c.body(uid))
		},
		"flags without UID before": func(c *scripted, uid int) {
			c.send(`* %d FETCH (FLAGS (\Seen))`, uid)
			c.send("* %d FETCH (UID %d %s)", uid, uid, c.body(uid))
		},
		"flags after": func(c *scripted, uid int) {
			c.send("* %d FETCH (UID %d %s)", uid, uid, c.body(uid))
			c.send(`* %d FETCH (UID %d FLAGS (\Seen))`, uid, uid)
		},
		"another message between": func(c *scripted, uid int) {
			c.send("* 99 FETCH (UID 99 BODY[] {2}\r\nhi)")
			c.send("* %d FETCH (UID %d %s)", uid, uid, c.body(uid))
		},
		"twice": func(c *scripted, uid int) {
			c.send("* %d FETCH (UID %d %s)", uid, uid, c.body(uid))
			c.send("* %d FETCH (UID %d %s)", uid, uid, c.body(uid))
		},
		"other news": func(c *scripted, uid int) {
			c.send("* 12 EXISTS\r\n* 0 RECENT\r\n* OK [ALERT] soon to be gone")
			c.send("* %d FETCH (UID %d FLAGS () %s)", uid, uid, c.body(uid))
		},
		"quoted body": func(c *scripted, uid int) {
			c.send("* %d FETCH (UID %d BODY[] {%d}\r\n%s)", uid, uid, len(c.mails[uid-1]), c.mails[uid-1])
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = onFetch(func(c *scripted, tag string, uids []int) bool {
				for _, uid := range uids {
					respond(c, uid)
				}
				c.send("%s OK done", tag)
				return true
			})
			if got := poll(t, scriptPoller(s, m)); got.Fetched != 3 || got.Reports != 2 {
				t.Errorf("got %+v", got)
			}
			for i, message := range m.kept {
				if string(message.Raw) != s.mails[i] {
					t.Errorf("UID %d: got %q", message.Place.UID, message.Raw)
				}
			}
		})
	}
}

// A message that the server does not hand over at first is asked for again.
func TestMissingMessages(t *testing.T) {
	for name, c := range map[string]struct {
		on   func(c *scripted, tag string, uids []int) bool
		kept []uint32
		gone int
	}{
		"handed over when asked alone": {
			on: func(c *scripted, tag string, uids []int) bool {
				if len(uids) == 1 {
					return false
				}
				c.fetched(1, "BODY.PEEK[]")
				c.send("%s OK done", tag)
				return true
			}, kept: []uint32{1, 2, 3},
		},
		"NO to many, OK to each": {
			on: func(c *scripted, tag string, uids []int) bool {
				if len(uids) == 1 {
					return false
				}
				c.fetched(1, "BODY.PEEK[]")
				c.send("%s NO some messages could not be read", tag)
				return true
			}, kept: []uint32{1, 2, 3},
		},
		"expunged meanwhile": {
			on:   func(c *scripted, _ string, _ []int) bool { c.mails[1] = ""; return false },
			kept: []uint32{1, 3}, gone: 1,
		},
		"listed and never handed over": {
			on: func(c *scripted, tag string, uids []int) bool {
				for _, uid := range uids {
					if uid != 2 {
						c.fetched(uid, "BODY.PEEK[]")
					}
				}
				c.send("%s OK done", tag)
				return true
			}, kept: []uint32{1, 3},
		},
		"listed and refused": {
			on: func(c *scripted, tag string, uids []int) bool {
				if len(uids) == 1 && uids[0] != 2 {
					return false
				}
				c.send("%s NO [CORRUPTION] cannot read it", tag)
				return true
			}, kept: []uint32{1, 3},
		},
		"a body of NIL": {
			on: func(c *scripted, tag string, uids []int) bool {
				for _, uid := range uids {
					if uid == 2 {
						c.send("* 2 FETCH (UID 2 BODY[] NIL)")
					} else {
						c.fetched(uid, "BODY.PEEK[]")
					}
				}
				c.send("%s OK done", tag)
				return true
			}, kept: []uint32{1, 3},
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m := &script{mails: threeMails(), on: onFetch(c.on)}, newMemo()
			p := scriptPoller(s, m)
			got := poll(t, p)
			withheld := 3 - len(c.kept) - c.gone
			if !slices.Equal(m.uids(), c.kept) || m.cursors["bounces/INBOX"].UID != 3 || got.Skipped != c.gone || got.Withheld != withheld || len(m.withheld) != withheld {
				t.Errorf("kept %v, cursor %v, %+v", m.uids(), m.cursors, got)
			}
			s.on = nil // now it is handed over
			if got := poll(t, p); got.Fetched != withheld || len(m.kept) != 3-c.gone || m.cursors["bounces/INBOX"].UID != 3 || len(m.withheld) != 0 {
				t.Errorf("then kept %v, cursor %v, %+v", m.uids(), m.cursors, got)
			}
		})
	}
}

// never is a hook of a server that does not hand over these, nor tell their sizes if
// sizes is set.
func never(sizes bool, which ...int) func(*scripted, string, string) bool {
	return func(c *scripted, tag, command string) bool {
		if !strings.HasPrefix(command, "UID FETCH") || strings.Contains(command, "BODY.PEEK[]") == sizes {
			return false
		}
		end := "OK done"
		for _, uid := range set(strings.Fields(command)[2]) {
			switch {
			case slices.Contains(which, uid):
				end = "NO [SERVERBUG] internal error"
			case c.mails[uid-1] != "":
				c.fetched(uid, command)
			}
		}
		c.send("%s %s", tag, end)
		return true
	}
}

// A message that is never handed over is asked for at the next polls, then ever more
// seldom, and at last no more; when it is gone it is forgotten.
func TestWithheldForEver(t *testing.T) {
	for _, sizes := range []bool{false, true} {
		inBubble(t, fmt.Sprintf("sizes %v", sizes), func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = never(sizes, 2)
			p := scriptPoller(s, m)
			asked := []int{}
			for i := range 24 * 20 {
				if got := poll(t, p); got.Withheld > 0 {
					asked = append(asked, i)
				}
				time.Sleep(time.Hour)
			}
			if want := []int{0, 1, 2, 3, 7, 19, 43, 91, 187}; !slices.Equal(asked, want) {
				t.Errorf("asked in hours %v, want %v", asked, want)
			}
			w := m.withheld[bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: 2}]
			if len(m.withheld) != 1 || w.Tries != 9 || !strings.Contains(w.Error, "internal error") || !slices.Equal(m.uids(), []uint32{1, 3}) {
				t.Errorf("withheld %+v, kept %v", m.withheld, m.uids())
			}
			s.mails[1] = ""
			poll(t, p)
			if len(m.withheld) != 0 {
				t.Errorf("withheld %+v", m.withheld)
			}
		})
	}
}

// A server that hands over nothing at all is out of order, and not its messages.
func TestNothingHandedOver(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{}, newMemo()
		var all []int
		for i := range 40 {
			s.mails = append(s.mails, fmt.Sprintf("Subject: report %d\r\n\r\n", i+1))
			all = append(all, i+1)
		}
		for _, sizes := range []bool{false, true} {
			s.on = never(sizes, all...)
			_, err := scriptPoller(s, m).Poll(t.Context())
			if wantError(t, err, "fetch"); !strings.Contains(err.Error(), "hands over none") || !strings.Contains(err.Error(), "internal error") {
				t.Error(err)
			}
		}
		s.on = never(false, all[1:]...)
		_, err := scriptPoller(s, m).Poll(t.Context())
		wantError(t, err, "fetch")
		if len(m.withheld) != 0 || len(m.kept) != 0 {
			t.Errorf("withheld %v, kept %v", m.withheld, m.uids())
		}
		s.on = nil
		if got := poll(t, scriptPoller(s, m)); got.Fetched != 40 {
			t.Errorf("got %+v", got)
		}
	})
}

// The same holds where sizes are asked for.
func TestMissingSizes(t *testing.T) {
	for _, there := range []bool{true, false} {
		inBubble(t, fmt.Sprintf("listed %v", there), func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = func(c *scripted, tag, command string) bool {
				if !strings.Contains(command, "RFC822.SIZE") {
					return false
				}
				for _, uid := range set(strings.Fields(command)[2]) {
					if uid != 2 {
						c.fetched(uid, command)
					}
				}
				if !there {
					c.mails[1] = ""
				}
				c.send("%s OK done", tag)
				return true
			}
			got := poll(t, scriptPoller(s, m))
			if !slices.Equal(m.uids(), []uint32{1, 3}) || m.cursors["bounces/INBOX"].UID != 3 || (got.Withheld == 1) != there || len(m.withheld) != got.Withheld {
				t.Errorf("kept %v, cursor %v, %+v", m.uids(), m.cursors, got)
			}
		})
	}
}

// A literal is believed only as far as it could be expected.
func TestLyingLiterals(t *testing.T) {
	for name, lie := range map[string]string{
		"4 GB":               "* 2 FETCH (UID 2 BODY[] {4000000000}\r\nSubject",
		"4 GB in a stray":    "* 2 FETCH (BODY[] {4000000000}\r\nSubject",
		"negative":           "* 2 FETCH (UID 2 BODY[] {-5}\r\nSubject",
		"longer than it is":  "* 2 FETCH (UID 2 BODY[] {100}\r\nSubject: other 2\r\n\r\n22)",
		"shorter than it is": "* 2 FETCH (UID 2 BODY[] {3}\r\nSubject: other 2\r\n\r\n22)",
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = onFetch(func(c *scripted, tag string, uids []int) bool {
				c.fetched(1, "BODY.PEEK[]")
				c.send("%s", lie)
				c.send("%s OK done", tag)
				c.stall()
				return true
			})
			begun := time.Now()
			_, err := scriptPoller(s, m).Poll(t.Context())
			wantError(t, err, "fetch")
			if strings.HasPrefix(name, "4 GB") && (!strings.Contains(err.Error(), "4000000000") || time.Since(begun) != 0) {
				t.Errorf("got %v after %v: it was read", err, time.Since(begun))
			}
			if len(m.kept) != 0 || len(m.cursors) != 0 {
				t.Errorf("kept %v, cursors %v", m.uids(), m.cursors)
			}
			synctest.Wait()
			s.on = nil
			if got := poll(t, scriptPoller(s, m)); got.Fetched != 3 {
				t.Errorf("then: got %+v", got)
			}
		})
	}
}

// Bodies far larger than the sizes that were told end the connection, and the poll, also
// where more of them have come already than are read.
func TestLyingSizes(t *testing.T) {
	for _, stray := range []bool{false, true} {
		inBubble(t, fmt.Sprintf("stray %v", stray), func(t *testing.T) {
			s, m := &script{mails: []string{strings.Repeat("x", 1_040_000), strings.Repeat("x", 10_000), strings.Repeat("x", 9_000), "x"}}, newMemo()
			s.on = func(c *scripted, tag, command string) bool {
				switch {
				case !strings.HasPrefix(command, "UID FETCH"):
					return false
				case strings.Contains(command, "RFC822.SIZE"):
					for uid := range c.mails {
						c.send("* %d FETCH (UID %[1]d RFC822.SIZE 1)", uid+1)
					}
				default:
					var all strings.Builder
					for uid := range c.mails {
						if stray {
							fmt.Fprintf(&all, "* %d FETCH (%s UID %[1]d)\r\n", uid+1, c.body(uid+1))
						} else {
							fmt.Fprintf(&all, "* %d FETCH (UID %[1]d %s)\r\n", uid+1, c.body(uid+1))
						}
					}
					fmt.Fprint(c.conn, all.String())
				}
				c.send("%s OK done", tag)
				return true
			}
			_, err := scriptPoller(s, m).Poll(t.Context())
			if wantError(t, err, "fetch"); !strings.Contains(err.Error(), "a literal of 10000 octets") {
				t.Error(err)
			}
			if len(m.kept) != 0 {
				t.Errorf("kept %v", m.uids())
			}
		})
	}
}

// A body that comes slowly is waited for as long as it comes.
func TestSlowBody(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: []string{"Subject: report 1\r\n\r\n" + strings.Repeat("x", 1<<20)}}, newMemo()
		s.on = onFetch(func(c *scripted, tag string, _ []int) bool {
			fmt.Fprintf(c.conn, "* 1 FETCH (UID 1 BODY[] {%d}\r\n", len(s.mails[0]))
			for piece := range slices.Chunk([]byte(s.mails[0]), 10<<10) {
				time.Sleep(6 * time.Second)
				if _, err := c.conn.Write(piece); err != nil {
					return true
				}
			}
			c.send(")\r\n%s OK done", tag)
			return true
		})
		if got := poll(t, scriptPoller(s, m)); got.Reports != 1 || len(m.kept[0].Raw) != len(s.mails[0]) {
			t.Errorf("got %+v", got)
		}
	})
}

// A body that is cut off looks to go-imap like a short one; and nothing is believed
// before the server has said that all is well.
func TestCutOff(t *testing.T) {
	for name, last := range map[string]string{
		"in a body":       "* 1 FETCH (UID 1 BODY[] {1000}\r\nSubject: report 1\r\n\r\n1",
		"behind a body":   "* 1 FETCH (UID 1 BODY[] {22}\r\nSubject: report 1\r\n\r\n1",
		"before the end":  "* 1 FETCH (UID 1 BODY[] {22}\r\nSubject: report 1\r\n\r\n1)\r\n",
		"in a last word":  "* 1 FETCH (UID 1 BODY[] {22}\r\nSubject: report 1\r\n\r\n1)\r\nT",
		"with a goodbye":  "* 1 FETCH (UID 1 BODY[] {22}\r\nSubject: report 1\r\n\r\n1)\r\n* BYE see you\r\n",
		"as UID comes":    "* 1 FETCH (BODY[] {22}\r\nSubject: report 1\r\n\r\n1 UID",
		"in a stray body": "* 1 FETCH (BODY[] {22}\r\nSubject: repor",
	} {
		inBubble(t, name, func(t *testing.T) {
			s, m := &script{mails: threeMails()[:1]}, newMemo()
			s.on = onFetch(func(c *scripted, _ string, _ []int) bool {
				fmt.Fprint(c.conn, last)
				c.conn.Close()
				return true
			})
			_, err := scriptPoller(s, m).Poll(t.Context())
			wantError(t, err, "fetch")
			if len(m.kept) != 0 || len(m.cursors) != 0 {
				t.Errorf("kept %v, cursors %v", m.uids(), m.cursors)
			}
		})
	}
}

// Only so much of a broken handler's word is taken.
func TestHandlerForgetsKinds(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		p := scriptPoller(s, m)
		p.Mailbox.After = poller.AfterDelete
		p.Handle = func(context.Context, []bouncehound.Judged, bouncehound.Place) ([]bouncehound.Kind, error) {
			return []bouncehound.Kind{bouncehound.KindReport}, nil
		}
		_, err := p.Poll(t.Context())
		synctest.Wait()
		if err == nil || slices.ContainsFunc(s.said, func(l string) bool { return strings.HasPrefix(l, "UID EXPUNGE") }) {
			t.Errorf("got %v, said %q", err, s.said)
		}
	})
}

// The end of the context ends the poll there and then, wherever it is.
func TestCancel(t *testing.T) {
	for _, during := range []string{"GREETING", "CAPABILITY", "LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH 1:3 (UID BODY", "LOGOUT"} {
		inBubble(t, during, func(t *testing.T) {
			// As signal.NotifyContext does, with a cause that is not context.Canceled.
			ctx, cancel := context.WithCancelCause(t.Context())
			s, m := &script{mails: threeMails()}, newMemo()
			s.on = func(c *scripted, _, command string) bool {
				if !strings.HasPrefix(command, during) {
					return false
				}
				if strings.Contains(during, "BODY") {
					fmt.Fprint(c.conn, "* 1 FETCH (UID 1 BODY[] {20}\r\nSubject:")
				}
				cancel(errors.New("terminated"))
				c.stall()
				return true
			}
			begun := time.Now()
			_, err := scriptPoller(s, m).Poll(ctx)
			if during != "LOGOUT" && !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begun); took != 0 {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A handler that takes its time does not cost the connection: while it works,
// nothing is half read.
func TestSlowHandler(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{}, newMemo()
		for i := range 1200 {
			s.mails = append(s.mails, fmt.Sprintf("Subject: report %d\r\n\r\n", i+1))
		}
		p := scriptPoller(s, m)
		busy := false
		p.Handle = func(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
			if busy {
				t.Error("called twice at a time")
			}
			busy = true
			time.Sleep(20 * time.Minute)
			busy = false
			return m.handle(ctx, batch, upTo)
		}
		if got := poll(t, p); got.Fetched != 1200 || !slices.IsSorted(m.upTo) {
			t.Errorf("got %+v, cursors %v", got, m.upTo)
		}
	})
}

// A batch does not wait long for the next messages when the server is slow.
func TestBatchesLinger(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: threeMails()}, newMemo()
		s.mails[1] = strings.Repeat("x", 100) // over the limit: a command of its own
		s.on = onFetch(func(*scripted, string, []int) bool { time.Sleep(time.Second); return false })
		p := scriptPoller(s, m)
		p.Mailbox.MaxMessageSize = 50
		poll(t, p)
		if len(m.kept) != 3 || len(m.kept[1].Raw) != 50 { // although this server sends the whole
			t.Errorf("kept %+v", m.kept)
		}
		if !slices.Equal(m.batches, []int{1, 1, 1}) || !slices.Equal(m.upTo, []uint32{1, 2, 3}) {
			t.Errorf("batches %v up to %v", m.batches, m.upTo)
		}
	})
}
