package parser

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestMangled reads messages cut short, with lines lost, doubled, swapped or joined: the
// report is well-formed, and the same with every line end.
func TestMangled(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	testdata(t, func(name string, raw []byte) {
		if len(raw) > 16<<10 || bytes.Contains(raw, []byte("\r\r")) {
			return
		}
		lines := bytes.SplitAfter(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"))
		if bytes.IndexByte(raw, '\r') >= 0 && bytes.Count(raw, []byte("\r")) != bytes.Count(raw, []byte("\r\n")) {
			return
		}
		for range 2 {
			mangled := append([][]byte(nil), lines...)
			i, j := random.IntN(len(lines)), random.IntN(len(lines))
			switch random.IntN(5) {
			case 0:
				mangled = mangled[:i]
			case 1:
				mangled[i] = nil
			case 2:
				mangled[i] = append(bytes.Clone(lines[i]), lines[i]...)
			case 3:
				mangled[i], mangled[j] = lines[j], lines[i]
			case 4:
				mangled[i] = bytes.TrimRight(lines[i], "\n")
			}
			lf := bytes.Join(mangled, nil)
			want := Parse(lf)
			checkReport(t, name, want)
			for form, other := range map[string][]byte{
				"CRLF":    bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n")),
				"CR":      bytes.ReplaceAll(lf, []byte("\n"), []byte("\r")),
				"From_ ":  append([]byte("From a@b.example Thu Mar  5 09:00:02 2026\n"), lf...),
				"newline": append([]byte("\r\n"), lf...),
			} {
				if got := Parse(other); !reflect.DeepEqual(got, want) {
					t.Errorf("%s mangled, with %s:\n got %+v\nwant %+v", name, form, got, want)
				}
			}
		}
	})
}
