package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bouncehound"
)

// A format is how events are said to an endpoint.
type format interface {
	// body returns what is sent of an event at a time: JSON. The error is
	// errNoCounterpart if the format has no words for it.
	body(e bouncehound.Event, now time.Time) ([]byte, error)
	// sign adds the header fields that prove who sends.
	sign(h http.Header, id string, now time.Time, body []byte) error
}

// errNoCounterpart says that a format cannot say an event. It is skipped.
var errNoCounterpart = errors.New("the format has no counterpart for it")

// dialects are the formats of other services.
var dialects = []dialect{listmonk, postmark, sendgrid, mailgun}

// Formats returns the names of all formats.
func Formats() []string {
	names := []string{"standard", "template"}
	for _, d := range dialects {
		names = append(names, d.name)
	}
	return names
}

// contactEvents are what an endpoint gets that does not say.
var contactEvents = []bouncehound.EventType{
	bouncehound.ContactWatch, bouncehound.ContactDoNotEmail, bouncehound.ContactReleased, bouncehound.ContactOK,
}

// alerts are what an endpoint gets only if it asks by name.
var alerts = []bouncehound.EventType{bouncehound.MailboxFailing, bouncehound.WebhookFailing, bouncehound.BlockedSender}

// EventTypes returns the types that an endpoint of a format gets that asks for these,
// none: those that it gets without asking. It does not say what is wrong with them.
func EventTypes(format string, asked []bouncehound.EventType) []bouncehound.EventType {
	if len(asked) > 0 {
		return asked
	}
	for _, d := range dialects {
		if d.name == format {
			return unasked(d.types)
		}
	}
	return contactEvents
}

// unasked returns those of the known types that are about contacts.
func unasked(known []bouncehound.EventType) []bouncehound.EventType {
	return slices.DeleteFunc(slices.Clone(known), func(t bouncehound.EventType) bool { return !slices.Contains(contactEvents, t) })
}

// newFormat returns the format of an endpoint and the types of the events that it
// gets.
func newFormat(e Endpoint) (format, []bouncehound.EventType, error) {
	all := slices.Concat(contactEvents, []bouncehound.EventType{bouncehound.BounceRecorded}, alerts)
	switch e.Format {
	case "", "standard", "template":
		signing, err := signingKeys(e.Secrets)
		types, wrong := eventTypes(e.Events, all, "")
		if err := errors.Join(err, wrong); err != nil {
			return nil, nil, err
		}
		if e.Format != "template" {
			return standard{signing}, types, nil
		}
		f, err := newTemplate(e.Template, types, signing)
		return f, types, err
	}
	i := slices.IndexFunc(dialects, func(d dialect) bool { return d.name == e.Format })
	if i < 0 {
		return nil, nil, fmt.Errorf("format: %q is none of %s", e.Format, strings.Join(Formats(), ", "))
	}
	d := dialects[i]
	f, err := d.open(e.Secrets)
	types, wrong := eventTypes(e.Events, d.types, " that "+d.name+" has a counterpart for")
	return f, types, errors.Join(err, wrong)
}

// eventTypes checks the types that are asked for and returns them; without any, those
// that are got without asking.
func eventTypes(asked, known []bouncehound.EventType, which string) ([]bouncehound.EventType, error) {
	if len(asked) == 0 {
		asked = unasked(known)
	}
	for _, t := range asked {
		if !slices.Contains(known, t) {
			return nil, fmt.Errorf("events: %q is none of %v%s", t, known, which)
		}
	}
	return slices.Clone(asked), nil
}

// encode returns JSON that people can read too, with "<" and ">" as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
