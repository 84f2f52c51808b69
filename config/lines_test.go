package config

import (
	"maps"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	const file = `# [comment]
a = "x # no comment" # comment
"b c" = 'it\'
d.e = """
one = 1
""\"
""""

[ table . sub ] # comment
x = [ 1, # one
  "]", [ 2 ],
  { y = 1 },
]
z = { p = 1, q = { r = "}" } }
[[list]]
k = 1
[[list]]
k = 2
[list.sub]
k = 3
[[list.sub.inner]]
k = 4
[[list.sub.inner]]
k = 5
'lit' = '''
[nothing]
'''
last = 2021-01-01T00:00:00Z`
	want := map[string]int{
		"a": 2, "b c": 3, "d": 4, "d.e": 4, "table.sub": 9, "table.sub.x": 10, "table.sub.z": 14, "table.sub.z.p": 14,
		"table.sub.z.q": 14, "table.sub.z.q.r": 14, "-.y": 12,
		"list": 15, "list[0]": 15, "list[0].k": 16, "list[1]": 17, "list[1].k": 18, "list[1].sub": 19, "list[1].sub.k": 20,
		"list[1].sub.inner": 21, "list[1].sub.inner[0]": 21, "list[1].sub.inner[0].k": 22, "list[1].sub.inner[1]": 23,
		"list[1].sub.inner[1].k": 24, "list[1].sub.inner[1].lit": 25, "list[1].sub.inner[1].last": 28,
	}
	// An escaped apostrophe is none in a literal string.
	text := strings.Replace(file, `'it\'`, `'it\'`, 1)
	if _, problem := decode([]byte(text)); problem != nil {
		t.Fatalf("the test's file is no TOML: %v", problem)
	}
	for name, text := range map[string]string{"LF": text, "CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "BOM": "\ufeff" + text} {
		got := lines([]byte(text))
		if !maps.Equal(got, want) {
			for _, place := range []map[string]int{got, want} {
				for k := range place {
					if got[k] != want[k] {
						t.Errorf("%s: %s: line %d, want %d", name, k, got[k], want[k])
					}
				}
			}
		}
	}
}
