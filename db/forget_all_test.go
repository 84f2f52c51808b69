package db_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bouncehound"
	"bouncehound/db"
)

// textsOf returns every text and every blob of a store's tables, with where it stands.
func textsOf(t *testing.T, path string) map[string][]string {
	t.Helper()
	conn := raw(t, path)
	query := func(q string) (values [][]any, columns []string) {
		rows, err := conn.Query(q)
		if err != nil {
			t.Fatal(q, err)
		}
		defer rows.Close()
		if columns, err = rows.Columns(); err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(sql.RawBytes)
			}
			if err := rows.Scan(row...); err != nil {
				t.Fatal(err)
			}
			for i := range row {
				row[i] = string(*row[i].(*sql.RawBytes))
			}
			values = append(values, row)
		}
		return values, columns
	}
	all := map[string][]string{}
	tables, _ := query(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
	for _, table := range tables {
		values, columns := query(`SELECT * FROM ` + table[0].(string))
		for _, row := range values {
			for i, c := range columns {
				where := table[0].(string) + "." + c
				all[where] = append(all[where], row[i].(string))
			}
		}
	}
	return all
}

// forms are an address as it may stand in mail, web pages and logs.
func forms(local, domain, unicode string) []string {
	at := local + "@" + domain
	all := []string{
		at, strings.ToUpper(at), local + "@" + unicode, "<" + at + ">", "mailto:" + at, "x\n" + at, "x\t" + at + "\ny", at + ".", at + ",next", `"` + at + `"`, "'" + at + "'", "(" + at + ")", "prvs=1a2b=" + at,
		"bounce+" + local + "=" + domain + "@esp.example", "bounces-77-" + local + "=" + domain + "@esp.example", "SRS0=HHH=TT=" + domain + "=" + local + "@fwd.example", "SRS1=HHH=fwd.example==HHH=TT=" + domain + "=" + local + "@two.example",
		local + "%" + domain + "@relay.example", "relay.example!" + domain + "!" + local,
		"https://example.org/u?e=" + local + "%40" + domain + "&c=7", "https://example.org/u?to=%3C" + local + "%40" + domain + "%3E", local + "&#64;" + domain,
		strings.NewReplacer("+", "+2B", "=", "+3D").Replace(local) + "@" + domain, `{"to":"` + at + `"}`, `a\n` + at, "\\u003c" + at,
	}
	return all
}

// TestForgetEverywhere: whatever way an address is written in whatever place, nothing of
// it is left, and what is like it stays.
func TestForgetEverywhere(t *testing.T) {
	for _, who := range []struct{ local, domain, unicode string }{
		{"zoe.quill", "example.com", "example.com"},
		{"zoe.quill+news", "xn--bcher-kva.example", "bücher.example"},
		{"zoë", "example.com", "example.com"},
	} {
		t.Run(who.local, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			store, _ := openAt(t, path)
			address := who.local + "@" + who.unicode
			all := forms(who.local, who.domain, who.unicode)
			near := []string{"x." + who.local + "@" + who.domain, who.local + "@" + who.domain + ".test", who.local + "@example.net", who.local + ".x@" + who.domain}
			keep := strings.Join(near, " ")

			// A report about it, one about it and another, and one that only tells of it.
			var messages []bouncehound.Judged
			for i, form := range all {
				j := message(10+i, noon, failed("Zoe@example.net"), soft)
				if i%3 == 0 {
					j = report(10+i, noon, soft, failed(fmt.Sprintf("mia%d@example.com", i)), failed(address))
				}
				r := &j.Report
				r.Notes = []string{"odd: " + form, keep}
				r.ReportingMTA = "mx (" + form + ")"
				r.Original = bouncehound.Original{
					MessageID: "<1=" + form + "=x@example.org>", References: form, Subject: "For " + form, From: form, To: "Zoe \"Q\" Quill <" + form + ">, " + keep, InReplyTo: form,
					Headers: map[string]string{"X-Contact-Id": form, "X-Campaign-Id": "spring"},
				}
				for n := range r.Recipients {
					r.Recipients[n].Diagnostic, r.Recipients[n].RemoteMTA = "550 5.1.1 "+form+": "+keep, "mx ("+form+")"
				}
				j.Message.Source = "mail/" + form
				v := soft
				v.Matched = form
				if messages = append(messages, judged(j.Message, j.Report, v, v)); i == 0 {
					own := message(5, noon, failed(address), hard)
					own.Report.Original = r.Original
					messages = append(messages, judged(own.Message, own.Report, hard))
				}
			}
			nobody := message(6, noon, failed(""), hard)
			nobody.Report.Recipients[0].Diagnostic = "550 <" + address + "> unknown"
			messages = append(messages, judged(nobody.Message, nobody.Report, hard))
			encoded := map[string]string{
				"plain": "To: " + address, "quoted-printable": "a link: https://example.org/?" + strings.ReplaceAll(qp(address), "@", "=40"), "soft": "see " + qp(who.local) + "@=\r\n" + who.domain + "\r\n",
				"base64":       "Content-Transfer-Encoding: base64\r\n\r\n" + lines(base64.StdEncoding.EncodeToString([]byte("Dear Zoe, you are "+address+" here.")), 20),
				"nested":       "Content-Transfer-Encoding: base64\r\n\r\n" + lines(base64.StdEncoding.EncodeToString([]byte("Content-Transfer-Encoding: quoted-printable\r\n\r\n"+strings.ReplaceAll(qp(address), "@", "=40"))), 76),
				"encoded word": "To: =?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(address)) + "?= <undisclosed>",
				"two words":    "Subject: =?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(address[:4])) + "?=\r\n =?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(address[4:])) + "?=",
				"html":         strings.ReplaceAll(address, "@", "&commat;"), "query": "e=" + strings.ReplaceAll(strings.ReplaceAll(address, "+", "%2B"), "@", "%40"),
			}
			gone, n := map[string]string{}, 200
			add := func(raw string) string {
				n++
				j := judged(bouncehound.Message{Place: bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: uint32(n)}, InternalDate: noon, Raw: []byte("Subject: odd\r\n\r\n" + raw)}, bouncehound.Report{Unread: true})
				messages = append(messages, j)
				return j.ID
			}
			for how, text := range encoded {
				gone[how] = add(text)
			}
			kept := add("about " + keep + " and " + base64.StdEncoding.EncodeToString([]byte("nobody at all")))
			record(t, store, messages...)

			// What people, lists and endpoints said.
			by := db.By{Who: "ada", Note: "asked for " + address}
			for _, a := range []string{address, "other@example.com"} {
				if _, _, err := store.Suppress(t.Context(), a, by); err != nil {
					t.Fatal(err)
				}
			}
			for _, value := range []string{address, "other@example.com"} {
				if _, err := store.AddEntry(t.Context(), bouncehound.EntryAllow, value, by); err != nil {
					t.Fatal(err)
				}
				if _, err := store.EndEntry(t.Context(), bouncehound.EntryAllow, value, bouncehound.DefaultPolicy(), by); err != nil {
					t.Fatal(err)
				}
			}
			for _, kind := range []bouncehound.ListKind{bouncehound.ListDoNotEmail, bouncehound.ListAlive, bouncehound.ListSent} {
				l, err := store.BeginList(t.Context(), bouncehound.List{Kind: kind, Source: address + ".csv", By: "ada", Note: "of " + address})
				if err != nil {
					t.Fatal(err)
				}
				if kind == bouncehound.ListSent {
					_, err = store.AddSent(t.Context(), l.Batch, []bouncehound.Sent{{MessageID: "<a@example.org>", Address: address, ContactID: address}, {MessageID: "<b=" + address + "@example.org>", Address: "other@example.com", ContactID: address}, {MessageID: "<c@example.org>", ContactID: "u-" + who.local}})
				} else {
					_, err = store.AddListed(t.Context(), l, []bouncehound.Listed{{Address: address, Note: "n " + address, At: noon.Add(aDay)}, {Address: "listed@example.com", Note: "like " + address, At: noon.Add(aDay)}}, bouncehound.DefaultPolicy())
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			c, err := store.OpenCursor(t.Context(), "crm", bouncehound.StartBeginning)
			if err != nil {
				t.Fatal(err)
			}
			c.LastError = "500 " + address
			if c.Sequence, err = store.LastSequence(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, e := range events(t, store)[:6] {
				if err := store.SetAside(t.Context(), c, bouncehound.DeadLetter{Consumer: "crm", Event: e, At: noon, Error: "422 <" + address + "> refused"}); err != nil {
					t.Fatal(err)
				}
			}
			if err := store.SaveCursor(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if err := store.Withhold(t.Context(), bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: 9}, "no message for "+address); err != nil {
				t.Fatal(err)
			}

			tried, err := store.Forget(t.Context(), address, true)
			if err != nil {
				t.Fatal(err)
			}
			done, err := store.Forget(t.Context(), address, false)
			if err != nil || fmt.Sprint(done) != fmt.Sprint(tried) || done.Waiting > 0 {
				t.Fatalf("forgot %+v, tried %+v, %v", done, tried, err)
			}

			nothingOf(t, path, all, near, who.local)
			// Nor does a later report bring it back.
			for i, form := range all {
				later := report(700+i, noon, soft, failed(fmt.Sprintf("pia%d@example.com", i)), failed(address))
				r := &later.Report
				r.Notes, r.ReportingMTA = []string{form}, "mx ("+form+")"
				r.Original = bouncehound.Original{MessageID: "<" + form + "=1@example.org>", References: form, Subject: form, From: form, To: form, Headers: map[string]string{"X-Contact-Id": form}}
				for n := range r.Recipients {
					r.Recipients[n].Diagnostic, r.Recipients[n].RemoteMTA = form, form
				}
				later.Message.Source = form
				v := soft
				v.Matched = form
				record(t, store, judged(later.Message, later.Report, v, v))
			}
			nothingOf(t, path, all, near, who.local)
			for how, id := range gone {
				if _, err := store.Raw(t.Context(), id); err == nil {
					t.Errorf("%s: the bytes are kept", how)
				}
			}
			if _, err := store.Raw(t.Context(), kept); err != nil {
				t.Errorf("bytes of a message about others: %v", err)
			}
			others := list(t, store.Bounces(t.Context(), db.BounceFilter{Address: "mia0@example.com"}))
			if len(others) != 1 || !strings.Contains(others[0].Diagnostic, keep) || others[0].Original.Headers["X-Campaign-Id"] != "spring" {
				t.Errorf("another recipient's bounces %+v", others)
			}
			if found := list(t, store.Contacts(t.Context(), db.ContactFilter{HeaderName: "X-Campaign-Id", HeaderValue: "spring"})); !slices.ContainsFunc(found, func(c bouncehound.Contact) bool { return c.Email == "mia0@example.com" }) {
				t.Errorf("found by header: %+v", found)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			files, err := filepath.Glob(filepath.Dir(path) + "/*")
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range near {
					data = bytes.ReplaceAll(data, []byte(n), nil)
				}
				for _, form := range []string{who.local + "@", who.local + "=", who.local + "%", "=" + who.local} {
					if i := bytes.Index(bytes.ToLower(data), []byte(form)); i >= 0 {
						t.Errorf("%s holds %q", file, data[max(0, i-40):min(len(data), i+60)])
					}
				}
			}
		})
	}
}

// nothingOf: no column of a store holds an address in one of its forms, nor, beside what is
// to be kept, its local part.
func nothingOf(t *testing.T, path string, forms, near []string, local string) {
	t.Helper()
	for where, values := range textsOf(t, path) {
		for _, v := range values {
			for _, n := range near {
				v = strings.ReplaceAll(v, n, "")
			}
			for _, form := range forms {
				if i := strings.Index(strings.ToLower(v), strings.ToLower(form)); i >= 0 && where != "raw.bytes" {
					t.Fatalf("%s holds %q: %q", where, form, v)
				}
			}
			// Whatever the form, beside what is kept the local part stands nowhere.
			if strings.Contains(strings.ToLower(v), strings.ToLower(local)) && where != "sent.contact_id" {
				t.Fatalf("%s holds %q", where, v)
			}
		}
	}
}

// qp returns a text as quoted-printable has it.
func qp(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 0x80 || c == '=' {
			fmt.Fprintf(&b, "=%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// lines breaks a text.
func lines(s string, n int) string {
	var all []string
	for part := range slices.Chunk([]byte(s), n) {
		all = append(all, string(part))
	}
	return strings.Join(all, "\r\n") + "\r\n"
}
