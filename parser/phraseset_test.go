package parser

import (
	"strings"
	"testing"
)

// TestPhraseSets finds every phrase of every list, in any case and anywhere in a text.
func TestPhraseSets(t *testing.T) {
	for name, set := range map[string]*phraseSet{
		"auto": autoSubjects, "foreign auto": foreignAutoSubjects, "proof": proofSubjects, "foreign proof": foreignProofSubjects,
		"waiting": waitingPhrases, "foreign waiting": foreignWaiting, "quarantine": quarantineWords, "foreign quarantine": foreignQuarantine,
		"delay": delayPhrases, "foreign delay": foreignDelays, "over": overPhrases, "success": successPhrases, "failure": failurePhrases,
		"foreign failure": foreignFailures, "bounce": bounceSubjects, "foreign bounce": foreignSubjects, "asking": askingPhrases,
		"programs": mailPrograms, "daemons": daemonNames, "robots": robotMailers, "returned": returnedPhrases,
		"robot fields": robotFields, "daemon addresses": daemonLocals,
	} {
		if set.in("") || set.in("the") || set.in("qxz, qxz!") {
			t.Errorf("%s: found in nothing", name)
		}
		for _, phrase := range set.phrases {
			if phrase != strings.ToLower(phrase) {
				t.Errorf("%s: %q is not in lower case", name, phrase)
			}
			upper := []byte(phrase)
			for i, c := range upper {
				if 'a' <= c && c <= 'z' {
					upper[i] -= 'a' - 'A'
				}
			}
			for _, s := range []string{phrase, "qxz " + phrase, phrase + " qxz", "qxz" + string(upper) + "qxz"} {
				if !set.in(s) {
					t.Errorf("%s: %q is not found in %q", name, phrase, s)
				}
			}
			if set.begin(string(upper)+"qxz") == "" || set.begin("qxz"+phrase) != "" {
				t.Errorf("%s: %q is not found at the beginning alone", name, phrase)
			}
			cut := newPhrases(phrase)
			if cut.in(phrase[1:]) || cut.in(phrase[:len(phrase)-1]+"\x01") {
				t.Errorf("%s: %q is found in a part of it", name, phrase)
			}
		}
	}
}
