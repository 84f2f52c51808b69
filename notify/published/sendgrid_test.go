package published

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"testing"

	"bouncehound/notify"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
)

// SendGrid's own program verifies our signed event webhooks, with the public key as
// people paste it into their applications.
func TestSendgrid(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(base64.StdEncoding.EncodeToString(public))
	if err != nil {
		t.Fatal(err)
	}
	secret := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	got := send(t, notify.Endpoint{Format: "sendgrid", Secrets: []string{secret}})
	var events []string
	for _, r := range got {
		signature, timestamp := r.header.Get(eventwebhook.VerificationHTTPHeader), r.header.Get(eventwebhook.TimestampHTTPHeader)
		if ok, err := eventwebhook.VerifySignature(theirs, r.body, signature, timestamp); err != nil || !ok {
			t.Errorf("signature %v, %v", ok, err)
		}
		if ok, _ := eventwebhook.VerifySignature(theirs, append(r.body, ' '), signature, timestamp); ok {
			t.Error("a changed body has a valid signature")
		}
		var list []struct {
			Email, Event, Type string
			Timestamp          int64
			ID                 string `json:"sg_event_id"`
		}
		if err := json.Unmarshal(r.body, &list); err != nil || len(list) != 1 || list[0].Email != "lena@example.com" || list[0].ID == "" || list[0].Timestamp != at.Unix() {
			t.Errorf("%v in %s", err, r.body)
			continue
		}
		events = append(events, list[0].Event+" "+list[0].Type)
	}
	same(t, events, "bounce bounce", "bounce blocked", "spamreport ", "delivered ", "dropped ")
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}
