package notify

import (
	"errors"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

const leadTemplate = `{
  "event": {{json .type}},
  "lead": {"mail": {{json .email}}, "dnc": {{eq .standing "do_not_email"}}},
  "why": {{json .bounce.explanation}},
  "contact": {{json (index .bounce.original.headers "X-Contact-Id")}},
  "n": {{.sequence}}
}
`

func TestTemplate(t *testing.T) {
	log, receiver := &memory{}, &hook{t: t}
	for _, e := range everything() {
		log.events = append(log.events, e.event)
	}
	log.events = log.events[17:19] // of a challenge and of a contact
	e := crm()
	e.Format, e.Template, e.Events = "template", leadTemplate, []bouncehound.EventType{bouncehound.BounceRecorded, bouncehound.ContactDoNotEmail}
	e.Template = strings.ReplaceAll(e.Template, `(index .bounce.original.headers "X-Contact-Id")`, `.bounce.original.headers`)
	s := newTestSender(t, e, log, receiver)
	s.client.Transport = receiver // which checks the signature
	for _, event := range log.events {
		if o := s.post(t.Context(), event); o.fate != taken {
			t.Fatal(o.err)
		}
	}
	want := `{
  "event": "contact.do_not_email",
  "lead": {"mail": "Lena@example.com", "dnc": true},
  "why": "",
  "contact": {"X-Contact-Id":"42","email":"not this"},
  "n": 0
}`
	if got := receiver.calls[1].body; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if got := receiver.calls[0].body; !strings.Contains(got, `"mail": "Lena@example.com", "dnc": false`) || !strings.Contains(got, `"n": 18`) {
		t.Errorf("sent %s", got)
	}
}

// What is wrong with a template is told when it is read, with its line.
func TestTemplateMistakes(t *testing.T) {
	for _, c := range []struct{ text, err string }{
		{"", "template: missing"},
		{"{}", ""},
		{leadTemplate, ""},
		{"{{json .data}}", ""},
		{`{{if eq .type "contact.do_not_email"}}{"email": {{json .email}}}{{end}}`, ""},
		{"{\n\"a\": {{json .emial}}\n}", `template: line 2: executing "template" at <.emial>: map has no entry for key "emial" (tried with a sample of contact.watch)`},
		{"{\n\n\"a\": {{json .bounce.statu}}}", "template: line 3: "},
		{"{\n{{if}}\n}", "template: line 2: missing value for if"},
		{"{{upper .email}}", `template: line 1: function "upper" not defined`},
		{"{\n \"a\": 1,\n \"b\": {{.email}}\n}", "template: line 3 of the output is no JSON: invalid character 'w'"},
		{"\n\n{\"a\": 1,}", "template: line 3 of the output is no JSON"},
		{"{\"a\": 1", "line 1 of the output is no JSON: unexpected end"},
		{"{{range 100000000}}xxxxxxxxxxxxxxxxxxxxxxxxxxxxx{{end}}", "makes more than 1048576 octets"},
		{`{"a": {{json (index .bounce.original.headers "X-A")}} }`, ""},
	} {
		e := crm()
		e.Format, e.Template = "template", c.text
		_, err := New(e, &memory{}, nil)
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%q: error %v, want %q in it", c.text, err, c.err)
		}
	}
}

// An event on which a template fails after all is set aside, with the reason; one of
// which it makes nothing is skipped.
func TestTemplateFailsLater(t *testing.T) {
	log, receiver := &memory{}, &hook{t: t}
	ids := log.add("a@example.com", "b@example.com", "c@example.com")
	log.events[0].Data = []byte(`{"email":"a@example.com","by":"x"}`)
	e := crm()
	e.Format = "template"
	e.Template = `{{if eq .by "x"}}{ {{.email}} }{{else if eq .email "b@example.com"}} {{else}}{"id": {{json .id}}}{{end}}`
	s := newTestSender(t, e, log, receiver)
	s.client.Transport = receiver
	if err := s.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantIDs(t, receiver.took(), ids[2:])
	if len(log.letters) != 1 || log.letters[0].Event.ID != ids[0] || !strings.Contains(log.letters[0].Error, "line 1 of the output is no JSON") {
		t.Errorf("dead letters %+v", log.letters)
	}
	if c := log.cursor("crm"); c.Skipped != 1 {
		t.Errorf("cursor %+v", c)
	}
}

// What a template says when it fails goes to logs: without addresses.
func TestTemplateErrorsTellNoAddress(t *testing.T) {
	e := crm()
	e.Format = "template"
	e.Template = `{{if eq .by "x"}}{{index .data .email "y"}}{{end}}{}`
	s, err := New(e, &memory{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	event := bouncehound.Event{ID: "evt_1", Type: bouncehound.ContactOK, Data: []byte(`{"email":"lena@example.com","by":"x","lena@example.com":"z"}`)}
	o := s.post(t.Context(), event)
	if o.fate != refused || strings.Contains(o.err.Error(), "lena") || !strings.Contains(o.err.Error(), "line 1") {
		t.Errorf("%v %v", o.fate, o.err)
	}
}

// Every name that an event or its bounce can have is there, whatever the event is.
func TestTemplateFields(t *testing.T) {
	for _, e := range everything() {
		fields, err := fieldsOf(e.event)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range strings.Fields("id type timestamp sequence email standing previous since cause by note data bounce") {
			if _, ok := fields[name]; !ok {
				t.Errorf("%s has no %s", e.name, name)
			}
		}
		bounce := fields["bounce"].(map[string]any)
		for _, name := range strings.Fields("format message_id arrived_at reporting_mta action recipient final_recipient status reply diagnostic remote_mta class reason fault ses_type ses_subtype rule matched confidence explanation advice retry original") {
			if _, ok := bounce[name]; !ok {
				t.Errorf("%s has no bounce.%s", e.name, name)
			}
		}
	}
	if _, err := (templated{}).body(bouncehound.Event{Data: []byte(`[`)}, time.Time{}); err == nil || errors.Is(err, errNoCounterpart) {
		t.Errorf("error %v", err)
	}
}
