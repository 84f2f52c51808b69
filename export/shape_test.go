package export

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// suppressed are three contacts to suppress and one that is released.
func suppressed() []bouncehound.Contact {
	at := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	return []bouncehound.Contact{
		{Email: "lena@example.com", Class: bouncehound.Hard, Diagnostic: `550 5.1.1 "lena", no such user`, Cause: bouncehound.CauseBounce, Since: at, Standing: bouncehound.DoNotEmail},
		{Email: "back@example.com", Since: at, Standing: bouncehound.OK},
		{Email: "+tag=ann@example.com", Class: bouncehound.Complaint, Cause: bouncehound.CauseComplaint, Standing: bouncehound.DoNotEmail},
		{Email: "full@example.com", Diagnostic: "=452 4.2.2 mailbox full", Cause: bouncehound.CauseHand, Standing: bouncehound.DoNotEmail},
	}
}

func TestSuppressions(t *testing.T) {
	for _, c := range []struct {
		shape  Shape
		format Format
		want   string
	}{
		{SES, CSV, "lena@example.com,BOUNCE\n+tag=ann@example.com,COMPLAINT\nfull@example.com,BOUNCE\n"},
		{SES, JSON, `{"emailAddress":"lena@example.com","reason":"BOUNCE"}` + "\n" +
			`{"emailAddress":"+tag=ann@example.com","reason":"COMPLAINT"}` + "\n" + `{"emailAddress":"full@example.com","reason":"BOUNCE"}` + "\n"},
		{Mailgun, CSV, "address,code,error,created_at\n" +
			`lena@example.com,550,"550 5.1.1 ""lena"", no such user","Mon, 02 Nov 2026 08:00:00 +0000"` + "\n" +
			"+tag=ann@example.com,550,,\nfull@example.com,452,'=452 4.2.2 mailbox full,\n"},
		{Mailgun, JSON, `[{"address":"lena@example.com","code":"550","error":"550 5.1.1 \"lena\", no such user","created_at":"Mon, 02 Nov 2026 08:00:00 +0000"},` +
			`{"address":"+tag=ann@example.com","code":"550","error":""},{"address":"full@example.com","code":"452","error":"=452 4.2.2 mailbox full"}]` + "\n"},
		{SendGrid, CSV, "email\nlena@example.com\n+tag=ann@example.com\nfull@example.com\n"},
		{SendGrid, JSON, `{"recipient_emails":["lena@example.com","+tag=ann@example.com","full@example.com"]}` + "\n"},
		{Postmark, CSV, "EmailAddress\nlena@example.com\n+tag=ann@example.com\nfull@example.com\n"},
		{Postmark, JSON, `{"Suppressions":[{"EmailAddress":"lena@example.com"},{"EmailAddress":"+tag=ann@example.com"},{"EmailAddress":"full@example.com"}]}` + "\n"},
	} {
		var out strings.Builder
		n, left, err := Suppressions(&out, Options{Format: c.format}, c.shape, of(suppressed()...))
		if n != 3 || left != 1 || err != nil || out.String() != c.want {
			t.Errorf("%s %s: %d rows, %d left out, %v\n%s\nwant\n%s", c.shape, c.format, n, left, err, out.String(), c.want)
		}
	}
	var out strings.Builder
	if n, left, err := Suppressions(&out, Options{}, SES, of[bouncehound.Contact]()); n+left != 0 || err != nil || out.String() != "" {
		t.Errorf("nobody: %d, %d, %v, %q", n, left, err, out.String())
	}
	if _, _, err := Suppressions(&out, Options{}, Native, of[bouncehound.Contact]()); err == nil {
		t.Error("native is no provider's shape")
	}
	if _, _, err := Suppressions(fullDisk{}, Options{Format: JSON}, Postmark, many(10)); !errors.Is(err, errFull) {
		t.Errorf("to a full disk: %v", err)
	}
}

// Bodies hold no more addresses than the provider takes, and together all of them.
func TestSuppressionsBodies(t *testing.T) {
	for _, c := range []struct {
		shape Shape
		most  int
		count func(body []byte) (int, error)
	}{
		{Postmark, 50, func(body []byte) (int, error) {
			var b struct {
				Suppressions []struct{ EmailAddress string }
			}
			err := json.Unmarshal(body, &b)
			return len(b.Suppressions), err
		}},
		{SendGrid, 1000, func(body []byte) (int, error) {
			var b struct {
				Emails []string `json:"recipient_emails"`
			}
			err := json.Unmarshal(body, &b)
			return len(b.Emails), err
		}},
		{Mailgun, 1000, func(body []byte) (int, error) {
			var b []struct{ Address string }
			err := json.Unmarshal(body, &b)
			return len(b), err
		}},
	} {
		for _, n := range []int{0, 1, 49, 50, 51, 2000, 2001} {
			var out strings.Builder
			if got, _, err := Suppressions(&out, Options{Format: JSON}, c.shape, many(n)); got != n || err != nil {
				t.Fatal(got, err)
			}
			all := 0
			for body := range strings.Lines(out.String()) {
				here, err := c.count([]byte(body))
				if err != nil || here == 0 || here > c.most {
					t.Errorf("%s: a body of %d, %v", c.shape, here, err)
				}
				all += here
			}
			if all != n {
				t.Errorf("%s: %d of %d addresses", c.shape, all, n)
			}
		}
	}
}
