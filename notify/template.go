package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"text/template"
	"time"

	"bouncehound"
)

// maxBody is the greatest length, in octets, of what a template makes of an event.
const maxBody = 1 << 20

// A templated is a format that its user wrote: a text/template that makes JSON. It is
// signed as the standard format is. An output of nothing but space skips the event.
type templated struct {
	keys
	template *template.Template
}

// newTemplate reads a template and tries it with a sample of every type that the
// endpoint gets, so that a mistake is told when the program starts. The errors name
// the line.
func newTemplate(text string, types []bouncehound.EventType, signing keys) (format, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("template: missing")
	}
	t, err := template.New("template").Option("missingkey=error").Funcs(template.FuncMap{"json": toJSON}).Parse(text)
	if err != nil {
		return nil, readableTemplate(err)
	}
	f := templated{signing, t}
	for _, kind := range types {
		for _, e := range samples(kind) {
			if _, err := f.body(e, e.At); err != nil && !errors.Is(err, errNoCounterpart) {
				return nil, fmt.Errorf("%w (tried with a sample of %s)", err, kind)
			}
		}
	}
	return f, nil
}

func (f templated) body(e bouncehound.Event, _ time.Time) ([]byte, error) {
	fields, err := fieldsOf(e)
	if err != nil {
		return nil, err
	}
	out := &bounded{left: maxBody}
	if err := f.template.Execute(out, fields); err != nil {
		return nil, readableTemplate(err)
	}
	body := bytes.TrimSpace(out.Bytes())
	if len(body) == 0 {
		return nil, errNoCounterpart
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, notJSON(out.Bytes(), err)
	}
	return body, nil
}

func (f templated) sign(h http.Header, id string, now time.Time, body []byte) error {
	return f.keys.sign(h, id, now, body)
}

// toJSON is the function json of templates: a value with its quotes and escapes.
func toJSON(v any) (string, error) {
	b, err := encode(v)
	return string(b), err
}

// readableTemplate leaves out of the library's errors what is about the program:
// "template: template:3:7: …" becomes "template: line 3: …".
func readableTemplate(err error) error {
	text := strings.TrimPrefix(err.Error(), "template: template:")
	line, rest, ok := strings.Cut(text, ":")
	if !ok {
		return fmt.Errorf("template: %s", text)
	}
	if column, after, ok := strings.Cut(rest, ":"); ok && strings.Trim(column, "0123456789") == "" {
		rest = after
	}
	return fmt.Errorf("template: line %s: %s", line, strings.TrimSpace(rest))
}

// notJSON says where an output is no JSON. Its lines are those of the template
// wherever no action spans or makes lines.
func notJSON(out []byte, err error) error {
	at := int64(len(out))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		// The offset counts from the first octet that is no space.
		at = min(at, syntax.Offset+int64(len(out)-len(bytes.TrimLeft(out, " \t\r\n"))))
	}
	line := 1 + bytes.Count(out[:max(at-1, 0)], []byte("\n"))
	return fmt.Errorf("template: line %d of the output is no JSON: %w", line, err)
}

// bounded is a buffer that takes only so much.
type bounded struct {
	bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, fmt.Errorf("makes more than %d octets", maxBody)
	}
	return b.Buffer.Write(p)
}

// fieldsOf returns what templates see of an event: every field that the event or its
// bounce can have, empty where it has none, so that a name that is mistyped is an
// error and one that is absent is not. data is what the standard format sends.
func fieldsOf(e bouncehound.Event) (map[string]any, error) {
	fields := empty(reflect.TypeFor[bouncehound.Change]())
	fill(fields, empty(reflect.TypeFor[bouncehound.Alert]()))
	bounce := empty(reflect.TypeFor[bouncehound.Bounce]())
	fields["bounce"] = bounce
	data, err := decode(e.Data)
	if err != nil {
		return nil, err
	}
	fields["id"], fields["type"], fields["timestamp"], fields["data"] = e.ID, string(e.Type), e.At.UTC().Format(time.RFC3339Nano), data
	if e.Type == bouncehound.BounceRecorded {
		fill(bounce, data)
		fields["email"], fields["sequence"] = bounce["recipient"], e.Sequence
		return fields, nil
	}
	if b, ok := data["bounce"].(map[string]any); ok {
		fill(bounce, b)
	}
	delete(data, "bounce")
	fill(fields, data)
	if data, err = decode(e.Data); err != nil {
		return nil, err
	}
	fields["data"] = data
	return fields, nil
}

// decode reads an object and keeps its numbers as they are written.
func decode(data []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("the stored data of the event cannot be read: %w", err)
	}
	return m, nil
}

// fill puts the values of from into to; of an object within an object too.
func fill(to, from map[string]any) {
	for key, value := range from {
		inner, isObject := value.(map[string]any)
		if known, ok := to[key].(map[string]any); ok && isObject {
			fill(known, inner)
			continue
		}
		to[key] = value
	}
}

// empty returns an empty value for every JSON field of a struct.
func empty(t reflect.Type) map[string]any {
	m := map[string]any{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		switch {
		case f.Type == reflect.TypeFor[bouncehound.Original]():
			m[name] = empty(f.Type)
		case f.Type.Kind() == reflect.Map:
			m[name] = map[string]any{}
		case f.Type.Kind() == reflect.Int, f.Type.Kind() == reflect.Int64:
			m[name] = 0
		default:
			m[name] = ""
		}
	}
	return m
}
