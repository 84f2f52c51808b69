package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
)

// A mimePart is a message or a part of one, taken apart so that a test can put it together
// otherwise. It knows no more than well-formed messages have.
type mimePart struct {
	fields   []string // as they stand, folded, without their last line end
	body     string   // of a leaf
	parts    []*mimePart
	boundary string
	preamble string
	epilogue string
}

// takeApart returns nil where what it returned would not be written as it was read.
func takeApart(text string) *mimePart {
	p := takePart(text)
	if p == nil || p.String() != text {
		return nil
	}
	return p
}

func takePart(text string) *mimePart {
	head, body, ok := strings.Cut(text, "\n\n")
	if strings.HasPrefix(text, "\n") {
		head, body, ok = "", text[1:], true
	}
	if !ok {
		return nil
	}
	p := &mimePart{body: body}
	for _, line := range strings.Split(head, "\n") {
		switch {
		case line == "":
		case (line[0] == ' ' || line[0] == '\t') && len(p.fields) > 0:
			p.fields[len(p.fields)-1] += "\n" + line
		default:
			p.fields = append(p.fields, line)
		}
	}
	kind, params, _ := mime.ParseMediaType(p.field("Content-Type"))
	if !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return p
	}
	p.boundary = params["boundary"]
	pieces := strings.Split("\n"+body, "\n--"+p.boundary)
	p.preamble = pieces[0]
	for _, piece := range pieces[1:] {
		if rest, ok := strings.CutPrefix(piece, "--"); ok {
			p.epilogue = rest
			break
		}
		rest, ok := strings.CutPrefix(piece, "\n")
		if !ok {
			return nil
		}
		part := takePart(rest)
		if part == nil {
			return nil
		}
		p.parts = append(p.parts, part)
	}
	p.body = ""
	return p
}

func (p *mimePart) String() string {
	var b strings.Builder
	p.write(&b)
	return b.String()
}

func (p *mimePart) write(b *strings.Builder) {
	for _, f := range p.fields {
		b.WriteString(f + "\n")
	}
	b.WriteString("\n")
	if p.boundary == "" {
		b.WriteString(p.body)
		return
	}
	b.WriteString(strings.TrimPrefix(p.preamble, "\n"))
	for i, part := range p.parts {
		if i > 0 || p.preamble != "" {
			b.WriteString("\n")
		}
		b.WriteString("--" + p.boundary + "\n")
		part.write(b)
	}
	b.WriteString("\n--" + p.boundary + "--" + p.epilogue)
}

// field returns the value of a field, unfolded.
func (p *mimePart) field(name string) string {
	for _, f := range p.fields {
		if n, v, ok := strings.Cut(f, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(strings.ReplaceAll(v, "\n", ""))
		}
	}
	return ""
}

// set gives a field a value in its place, or at the end where there was none; "" takes it away.
func (p *mimePart) set(name, value string) {
	for i, f := range p.fields {
		if n, _, ok := strings.Cut(f, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			if value == "" {
				p.fields = append(append([]string(nil), p.fields[:i]...), p.fields[i+1:]...)
			} else {
				p.fields[i] = n + ": " + value
			}
			return
		}
	}
	if value != "" {
		p.fields = append(p.fields, name+": "+value)
	}
}

func (p *mimePart) kind() string {
	kind, _, _ := mime.ParseMediaType(p.field("Content-Type"))
	if kind == "" {
		return "text/plain"
	}
	return kind
}

func (p *mimePart) param(name string) string {
	_, params, _ := mime.ParseMediaType(p.field("Content-Type"))
	return params[name]
}

// each calls f with every leaf that was not sent by somebody else: not those of a message
// that is returned.
func (p *mimePart) each(f func(leaf *mimePart)) {
	if p.boundary == "" {
		f(p)
		return
	}
	for _, part := range p.parts {
		part.each(f)
	}
}

// find returns the first leaf of a kind that begins so, nil if there is none.
func (p *mimePart) find(kinds ...string) (found *mimePart) {
	p.each(func(leaf *mimePart) {
		for _, kind := range kinds {
			if found == nil && strings.HasPrefix(leaf.kind(), kind) {
				found = leaf
			}
		}
	})
	return found
}

// text returns the decoded bytes of a leaf.
func (p *mimePart) text() (string, bool) {
	var in io.Reader = strings.NewReader(p.body)
	switch strings.ToLower(p.field("Content-Transfer-Encoding")) {
	case "base64":
		in = base64.NewDecoder(base64.StdEncoding, in)
	case "quoted-printable":
		in = quotedprintable.NewReader(in)
	case "", "7bit", "8bit", "binary":
	default:
		return "", false
	}
	b, err := io.ReadAll(in)
	return string(b), err == nil
}

// write64 and writeQP give a leaf new bytes, encoded.
func (p *mimePart) write64(text string) {
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	var b strings.Builder
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\n")
		encoded = encoded[76:]
	}
	p.body = b.String() + encoded + "\n"
	p.set("Content-Transfer-Encoding", "base64")
}

func (p *mimePart) writeQP(text string) {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	p.body = strings.ReplaceAll(b.String(), "\r\n", "\n")
	p.set("Content-Transfer-Encoding", "quoted-printable")
}
