package parser

import (
	"bytes"
	"reflect"
	"testing"
)

// FuzzParse reads anything: no panic, and a report that holds what checkReport wants,
// the same each time and with every line end.
func FuzzParse(f *testing.F) {
	testdata(f, func(_ string, raw []byte) {
		if len(raw) < 16<<10 {
			f.Add(raw)
		}
	})
	o := Options{Capture: []string{"X-Contact-Id", "subject"}, VERP: "bounce+{token}@example.com"}
	f.Fuzz(func(t *testing.T, raw []byte) {
		want := o.Parse(raw)
		checkReport(t, "fuzz", want)
		if got := o.Parse(raw); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, then %+v", want, got)
		}
		if bytes.IndexByte(raw, '\r') < 0 && !bytes.HasPrefix(raw, []byte("\n")) {
			if got := o.Parse(bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))); !reflect.DeepEqual(got, want) {
				t.Errorf("with LF %+v, with CRLF %+v", want, got)
			}
		}
	})
}
