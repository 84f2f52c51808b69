package parser

import "testing"

func TestIsAnswer(t *testing.T) {
	for subject, want := range map[string]bool{
		"Re: hello":                              true,
		"RE : bonjour":                           true,
		"Re[2]: hello":                           true,
		"Re^3: hello":                            true,
		"AW: [EXTERN] Unzustellbar: Rechnung":    true,
		"[EXTERN] AW: Unzustellbar: Rechnung":    true,
		"[Ticket#42] [EXT] WG: Unzustellbar":     true,
		"***SPAM*** Fwd: failure notice":         true,
		"EXTERNAL: Fw: Undeliverable: hello":     true,
		"PD: Niedostarczone":                     true,
		"I: Mancata consegna":                    true,
		"转发：系统退信":                                true,
		"转发: 系统退信":                               true,
		"回复系统退信":                                 true,
		"Πρθ: hello":                             true,
		"Undeliverable: Re: hello":               false,
		"Unzustellbar: AW: Rechnung":             false,
		"[languse] Mail delivery failed: return": false,
		"Returned mail: see transcript":          false,
		"EXTERNAL: Undeliverable: hello":         false,
		"Result: 3 to 2":                         false,
		"[":                                      false,
		"]: Re: x":                               false,
		":":                                      false,
		"":                                       false,
	} {
		if got := isAnswer(subject); got != want {
			t.Errorf("%q: %v", subject, got)
		}
	}
}

// TestForwardedBySRS knows a person by the address behind the one a forwarding server made.
func TestForwardedBySRS(t *testing.T) {
	m := readMessage([]byte("Return-Path: <SRS0=abcd=T7=example.net=lena@relay.example>\nFrom: lena@example.net\n\nx\n"))
	if !isPerson(m.header()) {
		t.Error("a person was not known")
	}
}
