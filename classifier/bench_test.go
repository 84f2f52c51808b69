package classifier

import (
	"fmt"
	"strings"
	"testing"

	"bouncehound"
)

var benchLines = []string{
	"550 5.1.1 <jo@example.net>: Recipient address rejected: User unknown in virtual mailbox table",
	"550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser a1-2b3c.4 - gsmtp",
	"552 5.2.2 <jo@example.net>: Mailbox full",
	"550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1",
	"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient jo@example.net not found by SMTP address lookup",
	"connect to mx.example.net[192.0.2.1]:25: Connection timed out",
	"451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712344) [AM5EUR02FT050.eop-EUR02.prod.protection.outlook.com]",
	"554 something that no rule has ever heard of, said by a server in a far away land at three in the morning",
	"550 Das Postfach des Empfängers ist voll",
	"5.7.133",
}

func benchmark(b *testing.B, c *Classifier) {
	recipients := make([]bouncehound.Recipient, len(benchLines))
	for i, line := range benchLines {
		recipients[i] = example(line)
		recipients[i].Address, recipients[i].RemoteMTA = "jo@example.net", "mx.example.net"
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		c.Classify(recipients[n%len(recipients)])
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "verdicts/s")
}

// BenchmarkVerdicts judges single diagnostics with the built-in rules.
func BenchmarkVerdicts(b *testing.B) { benchmark(b, newBuiltin(b)) }

// BenchmarkRules shows that the cost does not grow with the number of rules: own
// rules beside the built-in ones, of words like theirs.
func BenchmarkRules(b *testing.B) {
	for _, n := range []int{500, 2000, 8000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, err := New(File{"bench.toml", []byte(manyRules(n))})
			if err != nil {
				b.Fatal(err)
			}
			benchmark(b, c)
		})
	}
}

func manyRules(n int) string {
	words := strings.Fields("user mailbox recipient address account host server quota unknown rejected refused blocked full found exists policy")
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "[[rule]]\nid = \"own/%d\"\ntext = [\"%s %s %s code %d\"]\nreason = \"policy\"\nwhy = \"w\"\nmatch = [\"m\"]\n",
			i, words[i%len(words)], words[i/len(words)%len(words)], words[i/7%len(words)], i)
	}
	return s.String()
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}
