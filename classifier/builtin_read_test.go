package classifier

import (
	"fmt"
	"slices"
	"testing"
)

// TestBuiltinReader: what built-in files may hold is read as TOML has it. That it
// is so for all of them is in TestNewLeavesOutExamplesOnly.
func TestBuiltinReader(t *testing.T) {
	const text = `# a comment
layer = "text"

[remote]
one = ["a.example", "b.example"]
"a two" = [
  "c.example", # behind a value
]

[[rule]]
id     = "x/y"
text   = ["say \"no\"", "back\\slash", "Straße", ""]
weight = -2
reason = "policy"
match  = ["a ] in it", "and \" this"]
not    = [
  "]",
]
why    = "because"
[[rule]]
id = "z"
reply = ["550"]
`
	file := decodeBuiltin(File{"x.toml", []byte(text)})
	want := decodeTOML(File{"x.toml", []byte(text)})
	if file.err != nil || want.err != nil {
		t.Fatal(file.err, want.err)
	}
	if len(file.Rules) != 2 || len(want.Rules) != 2 {
		t.Fatalf("got %d rules, %d", len(file.Rules), len(want.Rules))
	}
	for i, r := range file.Rules {
		r.Match, r.Not = want.Rules[i].Match, want.Rules[i].Not
		if got, want := fmt.Sprintf("%#v", *r), fmt.Sprintf("%#v", *want.Rules[i]); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
	if fmt.Sprint(file.Layer, file.Remote) != fmt.Sprint(want.Layer, want.Remote) || !slices.Equal(file.Remote["a two"], []string{"c.example"}) {
		t.Errorf("got %v %v, want %v %v", file.Layer, file.Remote, want.Layer, want.Remote)
	}
}

func TestBuiltinReaderRefuses(t *testing.T) {
	for _, text := range []string{
		"odd", "odd = 1", "layer = text", `layer = "text`, `layer = "bad \q escape"`, "[other]", "[[rule]]\nid = 'literal'",
		"[[rule]]\nnew = \"x\"", "[[rule]]\ntext = \"no list\"", "[[rule]]\ntext = [\"open\"", "[[rule]]\ntext = [1]",
		"[[rule]]\nweight = many", "[[rule]]\nmatch = [\"open", "[[rule]]\nid", "[remote]\nx = [\"a\"",
	} {
		if file := decodeBuiltin(File{"x.toml", []byte(text)}); file.err == nil {
			t.Errorf("taken: %q as %+v", text, file)
		}
	}
}
