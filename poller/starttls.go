package poller

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// longestLine is the most octets believed of a line before TLS is up.
const longestLine = 8 << 10

// startTLS reads the greeting and asks for STARTTLS (RFC 9051 section 6.2.1), up to
// the answer after which the TLS handshake begins. It reads octet by octet, so that
// nothing sent in clear behind the answer can pass for something said under TLS.
func startTLS(w *wire, timeout time.Duration) error {
	if err := w.SetDeadline(time.Now().Add(timeout)); err != nil {
		return fail("connect", "", w.because(err))
	}
	greeting, err := readLine(w)
	if err != nil {
		return fail("connect", "", w.because(noGreeting(err, timeout)))
	}
	switch word(greeting) {
	case "OK":
	case "PREAUTH": // section 7.1.4: it would skip the encryption
		return fail("tls", "", errors.New("the server greets with PREAUTH, which leaves no room for STARTTLS"))
	default:
		return &Error{Stage: "connect", Hint: "check host and port", Err: fmt.Errorf("the server greets with %q", printable(greeting))}
	}
	if _, err := w.Write([]byte("S0 STARTTLS\r\n")); err != nil {
		return fail("tls", "", w.because(err))
	}
	for {
		line, err := readLine(w)
		if err != nil {
			return fail("tls", "", w.because(err))
		}
		if strings.HasPrefix(line, "* ") && word(line) != "BYE" {
			continue
		}
		if strings.HasPrefix(line, "S0 ") && word(line) == "OK" {
			break
		}
		return &Error{
			Stage: "tls", Err: fmt.Errorf("the server answers STARTTLS with %q", printable(line)),
			Hint: `this server offers no STARTTLS here: use tls = "implicit" and port 993`,
		}
	}
	if err := w.SetDeadline(time.Time{}); err != nil {
		return fail("tls", "", w.because(err))
	}
	return nil
}

func noGreeting(err error, timeout time.Duration) error {
	var slow interface{ Timeout() bool }
	if errors.As(err, &slow) && slow.Timeout() {
		return stallError{after: timeout}
	}
	return err
}

// readLine reads a line and returns it without its end.
func readLine(w *wire) (string, error) {
	var line []byte
	for one := make([]byte, 1); ; {
		if _, err := w.Read(one); err != nil {
			return "", err
		}
		if one[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		if line = append(line, one[0]); len(line) > longestLine {
			return "", errors.New("line too long")
		}
	}
}

// word returns the second word of a response line in upper case: OK, NO, BAD, …
func word(line string) string {
	_, rest, _ := strings.Cut(line, " ")
	rest, _, _ = strings.Cut(rest, " ")
	return strings.ToUpper(rest)
}

// printable is what people are shown of a line.
func printable(line string) string {
	if len(line) > 100 {
		line = line[:100] + "…"
	}
	return strings.ToValidUTF8(line, "?")
}
