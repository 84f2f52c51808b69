package main

import (
	"fmt"
	"strings"
	"testing"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/notify"
)

// The configuration knows the formats and the types of events that notify knows, and no
// others.
func TestConfigKnowsFormats(t *testing.T) {
	problems := func(more string) string {
		_, err := config.Parse("", []byte("[[webhook]]\nname = \"crm\"\nurl = \"https://crm.example.com/\"\n"+more), nil)
		return fmt.Sprint(err)
	}
	none := problems(`format = "none"`)
	for _, format := range notify.Formats() {
		if !strings.Contains(none, `"`+format+`"`) || strings.Contains(problems(`format = "`+format+`"`), "is none of") {
			t.Errorf("the configuration does not know %s: %s", format, none)
		}
	}
	if got := strings.Count(none, `", "`) + 1; got != len(notify.Formats()) {
		t.Errorf("the configuration knows %d formats: %s", got, none)
	}
	secret := "whsec_" + strings.Repeat("YWFh", 8)
	for _, kind := range append(everyType, bouncehound.MailboxFailing, bouncehound.WebhookFailing, bouncehound.BlockedSender) {
		if said := problems("secret = \"" + secret + "\"\nevents = [\"" + string(kind) + "\"]"); said != "<nil>" {
			t.Errorf("%s: %s", kind, said)
		}
		e := notify.Endpoint{Name: "crm", URL: "https://crm.example.com/", Secrets: []string{secret}, Events: []bouncehound.EventType{kind}}
		if _, err := notify.New(e, nil, nil); err != nil {
			t.Error(err)
		}
	}
}
