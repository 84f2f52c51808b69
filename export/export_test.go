package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// Every test binary takes -update, so that `go test ./... -update` works.
var _ = flag.Bool("update", false, "rewrite the golden files")

// full returns a bounce or contact in which every field has a value.
func full[T any](t testing.TB) (x T) {
	fill(t, reflect.ValueOf(&x).Elem(), "X")
	return x
}

func fill(t testing.TB, v reflect.Value, name string) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Date(2026, 11, 21, 11, 30, 0, 500_000_000, time.UTC)
		return
	case *map[string]string:
		*x = map[string]string{"X-B": "<b>", "X-A": "a,\"ü\""}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("the " + name)
	case reflect.Int, reflect.Int64:
		v.SetInt(550)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), v.Type().Field(i).Name)
		}
	default:
		t.Fatalf("cannot fill %s of kind %s", name, v.Kind())
	}
}

func of[T any](rows ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func wantText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The header is the contract with whoever reads the file.
func TestHeaders(t *testing.T) {
	var out strings.Builder
	if n, err := DoNotEmail(&out, Options{}, of[bouncehound.Contact]()); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	wantText(t, out.String(), "email,reason,class,status,diagnostic,bounces,first_bounced_at,last_bounced_at,since,cause,note,standing\r\n")
	out.Reset()
	if n, err := Contacts(&out, Options{Format: CSV}, of[bouncehound.Contact]()); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	wantText(t, out.String(), "email,reason,class,status,diagnostic,bounces,first_bounced_at,last_bounced_at,since,cause,by,note,standing\r\n")
	out.Reset()
	if n, err := Bounces(&out, Options{}, of[bouncehound.Bounce]()); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	wantText(t, out.String(), "format,message_id,arrived_at,action,email,final_recipient,status,reply,diagnostic,reporting_mta,remote_mta,"+
		"original_message_id,original_in_reply_to,original_references,original_subject,original_from,original_to,original_date,original_list_id,original_headers,"+
		"class,reason,fault,ses_type,ses_subtype,rule,matched,confidence,explanation,advice,retry,contact_id,sent_at\r\n")
	for _, o := range []Options{{Format: "xml"}, {Format: "CSV"}} {
		if _, err := Bounces(io.Discard, o, of[bouncehound.Bounce]()); err == nil {
			t.Errorf("format %q is taken", o.Format)
		}
	}
}

// Each column holds what the JSON key of that name holds, so a field that is added
// to the root package cannot be forgotten here.
func TestColumnsAreTheKeys(t *testing.T) {
	t.Run("bounces", func(t *testing.T) {
		sameAsJSON(t, full[bouncehound.Bounce](t), Bounces)
	})
	t.Run("contacts", func(t *testing.T) {
		sameAsJSON(t, full[bouncehound.Contact](t), Contacts)
	})
}

func sameAsJSON[T any](t *testing.T, row T, write func(io.Writer, Options, iter.Seq2[T, error]) (int, error)) {
	var lines, table bytes.Buffer
	if n, err := write(&lines, Options{Format: JSON}, of(row)); n != 1 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	if n, err := write(&table, Options{}, of(row)); n != 1 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	want := map[string]string{}
	var object map[string]any
	if err := json.Unmarshal(lines.Bytes(), &object); err != nil {
		t.Fatal(err)
	}
	flatten(want, "", object)
	got := map[string]string{}
	records, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, name := range records[0] {
		got[name] = records[1][i]
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("CSV\n%v\nJSON\n%v", got, want)
	}
}

func flatten(into map[string]string, prefix string, object map[string]any) {
	for key, value := range object {
		inner, nested := value.(map[string]any)
		switch {
		case key == "recipient":
			into["email"] = value.(string)
		case nested && key == "headers":
			into[prefix+key] = `{"X-A":"a,\"ü\"","X-B":"<b>"}`
		case nested:
			flatten(into, prefix+key+"_", inner)
		default:
			var b bytes.Buffer
			if err := json.NewEncoder(&b).Encode(value); err != nil {
				panic(err)
			}
			into[prefix+key] = strings.Trim(b.String(), "\"\n")
		}
	}
}

func TestDoNotEmail(t *testing.T) {
	at := time.Date(2026, 11, 20, 23, 30, 0, 0, time.FixedZone("", -3600))
	var out strings.Builder
	n, err := DoNotEmail(&out, Options{}, of(
		bouncehound.Contact{
			Email: "lena@example.com", Reason: bouncehound.UserUnknown, Class: bouncehound.Hard, Status: "5.1.1",
			Diagnostic: `550 5.1.1 <lena@example.com>: no such user, "sorry"`, Bounces: 2, FirstBouncedAt: at, LastBouncedAt: at.Add(time.Hour),
			Since: at, Cause: bouncehound.CauseBounce, By: "somebody", Standing: bouncehound.DoNotEmail,
		},
		bouncehound.Contact{Email: "+otto@münchen.example", Note: "two\r\nlines, =1+1", Cause: bouncehound.CauseHand, Standing: bouncehound.OK},
		bouncehound.Contact{Email: "x@example.com", Diagnostic: "=HYPERLINK(\"https://evil.example\",\"click\")", Note: " padded "},
	))
	if n != 3 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	_, rows, _ := strings.Cut(out.String(), "\r\n")
	wantText(t, rows, "lena@example.com,user_unknown,hard,5.1.1,\"550 5.1.1 <lena@example.com>: no such user, \"\"sorry\"\"\",2,2026-11-21T00:30:00Z,2026-11-21T01:30:00Z,2026-11-21T00:30:00Z,bounce,,do_not_email\r\n"+
		"'+otto@münchen.example,,,,,0,,,,hand,\"two\r\nlines, =1+1\",ok\r\n"+
		"x@example.com,,,,\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"click\"\")\",0,,,,,\" padded \",\r\n")
}

// parse tells the source of each bounce; a store has none to tell.
func TestSourceColumn(t *testing.T) {
	b := bouncehound.Bounce{Source: "mail/1.eml", Recipient: bouncehound.Recipient{Address: "a@example.com"}}
	var out strings.Builder
	if _, err := Bounces(&out, Options{}, of(b, bouncehound.Bounce{})); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(records) != 3 || records[0][0] != "source" || records[0][1] != "format" || records[1][0] != "mail/1.eml" || records[2][0] != "" {
		t.Errorf("%q, %v", records, err)
	}
}

// JSON is as it is everywhere: nothing is defused, nothing escaped for HTML, and
// it reads back as what it was.
func TestJSON(t *testing.T) {
	rows := []bouncehound.Bounce{
		{Format: "dsn", Recipient: bouncehound.Recipient{Action: bouncehound.Failed, Address: "=a@example.com", Diagnostic: "<&>\u2028\xff"}},
		{Recipient: bouncehound.Recipient{Action: bouncehound.NoAction}, Verdict: bouncehound.Verdict{Class: bouncehound.None, Reason: bouncehound.ReasonNotABounce}},
	}
	var out strings.Builder
	if n, err := Bounces(&out, Options{Format: JSON}, of(rows...)); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	wantText(t, out.String(), `{"format":"dsn","action":"failed","recipient":"=a@example.com","diagnostic":"<&>\u2028\ufffd","class":"","reason":""}
{"action":"none","recipient":"","class":"none","reason":"not_a_bounce"}
`)
	want := full[bouncehound.Contact](t)
	out.Reset()
	if n, err := DoNotEmail(&out, Options{Format: JSON, Raw: true}, of(want)); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	var got bouncehound.Contact
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil || got.Email != want.Email || !got.Since.Equal(want.Since) || got.By != want.By {
		t.Errorf("%+v, %v", got, err)
	}
}

// A store that fails in the middle fails the export; what was read before is
// written and counted.
func TestRowsFail(t *testing.T) {
	broken := errors.New("disk gone")
	rows := func(yield func(bouncehound.Contact, error) bool) {
		_ = yield(bouncehound.Contact{Email: "a@example.com"}, nil) && yield(bouncehound.Contact{}, broken)
	}
	for _, f := range []Format{CSV, JSON} {
		var out strings.Builder
		n, err := Contacts(&out, Options{Format: f}, rows)
		if n != 1 || !errors.Is(err, broken) || err.Error() != "export contacts: disk gone" || !strings.Contains(out.String(), "a@example.com") {
			t.Errorf("%s: %d rows, %v, %q", f, n, err, out.String())
		}
		if _, err := Contacts(fullDisk{}, Options{Format: f}, many(100_000)); !errors.Is(err, errFull) {
			t.Errorf("%s to a full disk: %v", f, err)
		}
		if _, err := Contacts(fullDisk{}, Options{Format: f}, many(1)); !errors.Is(err, errFull) {
			t.Errorf("%s to a full disk, one row: %v", f, err)
		}
	}
}

var errFull = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// many yields n contacts of the usual kind.
func many(n int) iter.Seq2[bouncehound.Contact, error] {
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	c := bouncehound.Contact{
		Email: "somebody.or.other@customer.example.com", Reason: bouncehound.UserUnknown, Class: bouncehound.Hard, Status: "5.1.1",
		Diagnostic: "550 5.1.1 The email account that you tried to reach does not exist, please check for typing errors",
		Bounces:    1, FirstBouncedAt: at, LastBouncedAt: at, Since: at, Cause: bouncehound.CauseBounce, Standing: bouncehound.DoNotEmail,
	}
	return func(yield func(bouncehound.Contact, error) bool) {
		for range n {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Memory does not grow with the rows.
func TestStreams(t *testing.T) {
	for _, n := range []int{100, 10_000} {
		allocs := testing.AllocsPerRun(5, func() {
			if got, err := DoNotEmail(io.Discard, Options{}, many(n)); got != n || err != nil {
				t.Fatal(got, err)
			}
		})
		if allocs > 50 { // those of reading ahead
			t.Errorf("%d rows: %v allocations", n, allocs)
		}
	}
	var sizes []int
	w := writerFunc(func(p []byte) (int, error) {
		sizes = append(sizes, len(p))
		return len(p), nil
	})
	if _, err := DoNotEmail(w, Options{}, many(10_000)); err != nil {
		t.Fatal(err)
	}
	if biggest := slices.Max(sizes); biggest > 2*bufferSize || len(sizes) < 10 {
		t.Errorf("%d writes of up to %d octets", len(sizes), biggest)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func BenchmarkDoNotEmail(b *testing.B) {
	for _, f := range []Format{CSV, JSON} {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			if n, err := DoNotEmail(io.Discard, Options{Format: f}, many(b.N)); n != b.N || err != nil {
				b.Fatal(n, err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkBounces(b *testing.B) {
	row := full[bouncehound.Bounce](b)
	row.Original.Headers = nil
	rows := func(yield func(bouncehound.Bounce, error) bool) {
		for range b.N {
			if !yield(row, nil) {
				return
			}
		}
	}
	b.ReportAllocs()
	if n, err := Bounces(io.Discard, Options{}, rows); n != b.N || err != nil {
		b.Fatal(n, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
