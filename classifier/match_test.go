package classifier

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNormalise(t *testing.T) {
	for _, test := range []struct {
		text  string
		reply int
		want  string
	}{
		{"  User\t Unknown \r\n", 0, "user unknown"},
		{"Boîte PLEINE\u00a0!", 0, "boîte pleine !"},
		{"Boi\u0302te", 0, "boîte"},
		{"couldn\u2019t \u201cfind\u201d \u2013 it", 0, `couldn't "find" - it`},
		{"a\u200eb\u2067c\ufeff", 0, "abc"},
		{"Postfach\u3000voll", 0, "postfach voll"},
		{"550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking", 550,
			"550-5.1.1 the email account that you tried to reach does not exist. please try double-checking"},
		{"550-Mailbox unknown 550-here 550 5.1.1 bye", 550, "550-mailbox unknown here bye"},
		{"host said: 550 5.1.1 User unknown", 550, "host said: 550 5.1.1 user unknown"},
		{"550 call 550 times", 550, "550 call 550 times"},
		{"421 a 550-5.1.1 b", 421, "421 a 550-5.1.1 b"},
		{"\xff\xfe", 0, "\ufffd\ufffd"},
		{"", 0, ""},
	} {
		if got := string(normalise(nil, test.text, test.reply)); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestPhrase(t *testing.T) {
	for _, test := range []struct {
		phrase, text string
		want         bool
	}{
		{"spam", "this is spam.", true},
		{"spam", "zen.spamhaus.org", false},
		{"*spamhaus*", "zen.spamhaus.org", true},
		{"rbl", "turbltown", false},
		{"throttl*", "being throttled now", true},
		{"throttl*", "unthrottled", false},
		{"mailbox * full", "mailbox of jo is full", true},
		{"mailbox * full", "mailbox full", false},
		{"mailbox*full", "mailbox full", true},
		{"mailbox * full", "mailbox " + string(bytes.Repeat([]byte("x"), maxGap+5)) + " full", false},
		{"a * b", "a xb a y b", true},
		{"USER  Unknown", "550 user unknown", true},
		{"(bl)", "a problem (bl)", true},
		{"用户不存在", "该用户不存在。", true},
	} {
		p, ok := newPhrase(test.phrase)
		if !ok {
			t.Errorf("%q is no phrase", test.phrase)
			continue
		}
		_, _, got := p.find([]byte(test.text))
		if got != test.want {
			t.Errorf("%q in %q: %v", test.phrase, test.text, got)
		}
		c := &Classifier{rules: []*rule{{ID: "x", text: []*phrase{p}, Text: []string{test.phrase}, Action: "failed"}}}
		c.index()
		q := newQuery(example(test.text))
		if d := c.decide(q); (d.rule != nil) != test.want {
			t.Errorf("the automaton on %q in %q: %v", test.phrase, test.text, d.rule != nil)
		}
	}
}

// TestAutomaton finds what a plain search finds, in texts of few letters, where
// literals overlap and hold one another.
func TestAutomaton(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, 1+random.IntN(n))
		for i := range b {
			b[i] = "abc"[random.IntN(3)]
		}
		return string(b)
	}
	for range 300 {
		var literals []string
		for range 1 + random.IntN(12) {
			if w := word(5); !slices.Contains(literals, w) {
				literals = append(literals, w)
			}
		}
		text := []byte(word(60))
		type hit struct {
			literal int32
			end     int
		}
		var want, got []hit
		for end := range text {
			for n, literal := range literals {
				if bytes.HasSuffix(text[:end+1], []byte(literal)) {
					want = append(want, hit{int32(n), end + 1})
				}
			}
		}
		newAutomaton(literals).scan(text, func(literal int32, end int) { got = append(got, hit{literal, end}) })
		order := func(a, b hit) int { return (a.end-b.end)*100 + int(a.literal-b.literal) }
		slices.SortFunc(want, order)
		slices.SortFunc(got, order)
		if !slices.Equal(want, got) {
			t.Fatalf("%q in %q: got %v, want %v", literals, text, got, want)
		}
	}
}

func TestStatus(t *testing.T) {
	for s, want := range map[string]status{
		"5.1.1": {5, 1, 1}, "4.16.55": {4, 16, 55}, "5.7.999": {5, 7, 999},
		"": {}, "5.1": {}, "5.1.1.1": {}, "5.1.x": {}, "3.1.1": {}, "5.1.1000": {}, "*.1.1": {}, "5..1": {},
	} {
		if got := parseStatus(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, line := range []string{
		"550 5.1.1 User unknown", "550-5.7.26 This mail 550-5.7.26 has been", "\u200e\u202e500 \u0130\u0131", "5.7.129",
		"mailbox * is full", "Remote Server returned '550 5.1.351 -> 550 : User unknown'", "\xff550\x00",
	} {
		f.Add(line, "5.1.1", 550, "mx.google.com")
	}
	c := newBuiltin(f)
	f.Fuzz(func(t *testing.T, diagnostic, code string, reply int, host string) {
		r := failed(code, reply, diagnostic)
		r.RemoteMTA = host
		v := c.Classify(r)
		row, ok := reasonRow(v.Reason)
		if !ok || v.Class != row.Class || v.Explanation == "" || v.Advice == "" || v.Confidence == "" || v.SESType == "" {
			t.Fatalf("%q: incomplete: %+v", diagnostic, v)
		}
		if again := c.Classify(r); again != v {
			t.Fatalf("%q: %+v, then %+v", diagnostic, v, again)
		}
	})
}
