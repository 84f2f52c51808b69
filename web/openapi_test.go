package web

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// A schema is as much of JSON Schema as openapi.json uses; another keyword is an error.
type schema struct {
	Ref         string            `json:"$ref"`
	Type        string            `json:"type"`
	Format      string            `json:"format"`
	Description string            `json:"description"`
	Enum        []string          `json:"enum"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Additional  json.RawMessage   `json:"additionalProperties"`
	Items       *schema           `json:"items"`
	MaxItems    int               `json:"maxItems"`
	OneOf       []schema          `json:"oneOf"`
	Minimum     *int              `json:"minimum"`
	Maximum     *int              `json:"maximum"`
	Default     any               `json:"default"`
}

type content map[string]struct {
	Schema schema `json:"schema"`
}

type operation struct {
	Summary     string `json:"summary"`
	Description string `json:"description"`
	Security    []any  `json:"security"`
	Parameters  []struct {
		Name, In, Description, Style string
		Required, Explode            bool
		Schema                       schema
	} `json:"parameters"`
	RequestBody *struct {
		Required bool
		Content  content
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string
		Content     content
	} `json:"responses"`
}

type document struct {
	OpenAPI    string `json:"openapi"`
	Info       map[string]string
	Servers    []map[string]string
	Security   []map[string][]string
	Paths      map[string]map[string]operation
	Components struct {
		SecuritySchemes map[string]map[string]string `json:"securitySchemes"`
		Schemas         map[string]schema
	}
}

func readDocument(t *testing.T) (d document) {
	t.Helper()
	if err := decode(openAPI, &d); err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	return d
}

// problem returns what is wrong with a value under a schema, "" if nothing is.
func (d document) problem(s schema, v any, at string) string {
	if s.Ref != "" {
		target, ok := d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		if !ok {
			return at + ": no schema " + s.Ref
		}
		return d.problem(target, v, at)
	}
	if len(s.OneOf) > 0 {
		var all []string
		for _, one := range s.OneOf {
			if p := d.problem(one, v, at); p != "" {
				all = append(all, p)
			}
		}
		if len(all) != len(s.OneOf)-1 {
			return fmt.Sprintf("%s: fits %d of %d: %q", at, len(s.OneOf)-len(all), len(s.OneOf), all)
		}
		return ""
	}
	switch v := v.(type) {
	case string:
		if s.Type != "string" || len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			return fmt.Sprintf("%s: %q", at, v)
		}
		if _, err := time.Parse(time.RFC3339, v); s.Format == "date-time" && err != nil {
			return fmt.Sprintf("%s: %v", at, err)
		}
	case float64:
		if s.Type != "integer" || v != float64(int64(v)) {
			return fmt.Sprintf("%s: %v", at, v)
		}
	case bool:
		if s.Type != "boolean" {
			return fmt.Sprintf("%s: %v", at, v)
		}
	case []any:
		if s.Type != "array" || s.Items == nil {
			return at + ": a list"
		}
		for i, item := range v {
			if p := d.problem(*s.Items, item, fmt.Sprintf("%s[%d]", at, i)); p != "" {
				return p
			}
		}
	case map[string]any:
		if s.Type != "object" {
			return at + ": an object"
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				return at + "." + name + " is missing"
			}
		}
		for name, value := range v {
			p, ok := s.Properties[name]
			if !ok && (s.Additional == nil || string(s.Additional) != "false") {
				if json.Unmarshal(s.Additional, &p) == nil && p.Type != "" {
					ok = true
				} else if s.Additional == nil {
					continue
				}
			}
			if !ok {
				return at + "." + name + " is not in the document"
			}
			if wrong := d.problem(p, value, at+"."+name); wrong != "" {
				return wrong
			}
		}
	default:
		return fmt.Sprintf("%s: %v", at, v)
	}
	return ""
}

// TestOpenAPIRoutes: the document tells of each route and of no other, of the token and
// of what is in the path.
func TestOpenAPIRoutes(t *testing.T) {
	d := readDocument(t)
	told := 0
	for path, operations := range d.Paths {
		for method, o := range operations {
			told++
			i := slices.IndexFunc(routes, func(r route) bool { return strings.EqualFold(r.method, method) && r.path == path })
			if i < 0 {
				t.Errorf("no route is %s %s", method, path)
				continue
			}
			r := routes[i]
			if open := o.Security != nil && len(o.Security) == 0; open != r.open {
				t.Errorf("%s %s: open is %v in the document", method, path, open)
			}
			if _, ok := o.Responses["401"]; ok == r.open {
				t.Errorf("%s %s: 401 in the document is %v", method, path, ok)
			}
			if _, ok := o.Responses["403"]; ok != r.writes {
				t.Errorf("%s %s: 403 in the document is %v", method, path, ok)
			}
			inPath := 0
			for _, p := range o.Parameters {
				if p.In == "path" {
					inPath++
				}
				if p.In == "path" && !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s has no %s", path, p.Name)
				}
			}
			if inPath != strings.Count(path, "{") {
				t.Errorf("%s: %d parameters of the path", path, inPath)
			}
		}
	}
	if told != len(routes) {
		t.Errorf("the document tells of %d routes, there are %d", told, len(routes))
	}
}

// TestOpenAPIAnswers: what the handlers answer is what the document says, status and
// body, for every kind of answer it names but those of a server that is broken.
func TestOpenAPIAnswers(t *testing.T) {
	d := readDocument(t)
	locked, open := newHandler(&fake{}, token), newHandler(&fake{}, "")
	bearer := "Authorization: Bearer " + token
	shown := map[string]bool{}
	for _, c := range []struct{ request, path, body string }{
		{"GET /healthz", "/healthz", ""},
		{"GET /readyz", "/readyz", ""},
		{"GET /metrics", "/metrics", ""},
		{"GET /v1/openapi.json", "/v1/openapi.json", ""},
		{"GET /v1/contacts/lena@example.com", "/v1/contacts/{address}", ""},
		{"GET /v1/contacts/nobody@example.com", "/v1/contacts/{address}", ""},
		{"GET /v1/contacts/lena@example.com?x=1", "/v1/contacts/{address}", ""},
		{"POST /v1/contacts/check", "/v1/contacts/check", `{"addresses":["lena@example.com","x@never.example","ok@example.com"]}`},
		{"POST /v1/contacts/check", "/v1/contacts/check", `{}1`},
		{"POST /v1/contacts/check", "/v1/contacts/check", `{"addresses":["` + strings.Repeat("a", maxBody) + `"]}`},
		{"POST /v1/contacts/check", "/v1/contacts/check", ""},
		{"GET /v1/bounces", "/v1/bounces", ""},
		{"GET /v1/bounces?after=7", "/v1/bounces", ""},
		{"GET /v1/bounces?after=99", "/v1/bounces", ""},
		{"GET /v1/bounces?limit=0", "/v1/bounces", ""},
		{"GET /v1/events?type=bounce.recorded&type=contact.do_not_email&type=mailbox.failing", "/v1/events", ""},
		{"GET /v1/events?type=x", "/v1/events", ""},
		{"GET /v1/events?after=99", "/v1/events", ""},
		{"POST /v1/do-not-email/lena@example.com", "/v1/do-not-email/{address}", `{"by":"crm","note":"asked"}`},
		{"POST /v1/do-not-email/lena@example.com", "/v1/do-not-email/{address}", `{"by":1}`},
		{"POST /v1/do-not-email/lena@example.com", "/v1/do-not-email/{address}", `{"note":"` + strings.Repeat("a", maxBody) + `"}`},
		{"DELETE /v1/do-not-email/lena@example.com", "/v1/do-not-email/{address}", ""},
		{"DELETE /v1/do-not-email/complained@example.com", "/v1/do-not-email/{address}", ""},
		{"DELETE /v1/do-not-email/lena@example.com", "/v1/do-not-email/{address}", `{"note":"asked"}`},
		{"DELETE /v1/do-not-email/lena@example.com?x=1", "/v1/do-not-email/{address}", ""},
		{"DELETE /v1/do-not-email/lena@example.com", "/v1/do-not-email/{address}", `{"note":"` + strings.Repeat("a", maxBody) + `"}`},
	} {
		method, _, _ := strings.Cut(c.request, " ")
		for _, how := range []struct {
			locked bool
			more   []string
		}{{true, []string{bearer, c.body}}, {true, []string{c.body}}, {false, []string{"Host: evil.example", c.body}}, {false, []string{c.body}}, {true, []string{bearer, c.body, "Content-Type: text/plain"}}} {
			h := open
			if how.locked {
				h = locked
			}
			w := ask(t, h, c.request, how.more...)
			o := d.Paths[c.path][strings.ToLower(method)]
			told, ok := o.Responses[fmt.Sprint(w.Code)]
			if !ok {
				t.Errorf("%s answers %d, which the document does not tell: %.200s", c.request, w.Code, w.Body)
				continue
			}
			shown[method+" "+c.path+" "+fmt.Sprint(w.Code)] = true
			kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
			if _, ok := told.Content[kind]; !ok {
				t.Errorf("%s answers %s", c.request, kind)
			}
			if kind != "application/json" {
				continue
			}
			var v any
			if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
				t.Errorf("%s: %v", c.request, err)
			} else if p := d.problem(told.Content[kind].Schema, v, "answer"); p != "" {
				t.Errorf("%s, %d: %s\n%.300s", c.request, w.Code, p, w.Body)
			}
		}
	}
	for path, operations := range d.Paths {
		for method, o := range operations {
			for code := range o.Responses {
				if name := strings.ToUpper(method) + " " + path + " " + code; !shown[name] && code[0] != '5' {
					t.Errorf("no answer shows %s", name)
				}
			}
		}
	}
}

// TestOpenAPISchemas: every key of our types is in the document, and no other; what
// always stands is required there.
func TestOpenAPISchemas(t *testing.T) {
	d := readDocument(t)
	for name, v := range map[string]any{
		"Contact": bouncehound.Contact{}, "Change": bouncehound.Change{}, "Bounce": bouncehound.Bounce{}, "Original": bouncehound.Original{},
		"Entry": bouncehound.Entry{}, "History": History{}, "Told": Told{}, "Checked": Checked{}, "Event": event{}, "Error": failure{}, "Health": health{},
		"Alert": bouncehound.Alert{},
	} {
		var keys, required []string
		fields(reflect.TypeOf(v), &keys, &required)
		var told []string
		for key := range d.Components.Schemas[name].Properties {
			told = append(told, key)
		}
		must := slices.Clone(d.Components.Schemas[name].Required)
		for _, list := range [][]string{keys, required, told, must} {
			slices.Sort(list)
		}
		if !slices.Equal(keys, told) {
			t.Errorf("%s has %q, the document %q", name, keys, told)
		}
		if !slices.Equal(required, must) {
			t.Errorf("%s: %q always stand, the document requires %q", name, required, must)
		}
	}
}

// fields gathers the JSON keys of a struct, those of embedded structs too.
func fields(t reflect.Type, keys, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			fields(f.Type, keys, required)
			continue
		}
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "-" {
			continue
		}
		*keys = append(*keys, key)
		if !strings.Contains(options, "omit") {
			*required = append(*required, key)
		}
	}
}
