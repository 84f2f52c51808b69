package parser

import "strings"

// splitType splits a Content-Type into its media type, in lower case, and the rest.
func splitType(v string) (mediaType, params string) {
	mediaType, params, _ = strings.Cut(v, ";")
	if i := strings.IndexAny(mediaType, " \t("); i > 0 {
		mediaType = mediaType[:i]
	}
	return strings.ToLower(strings.TrimSpace(mediaType)), params
}

// param returns a parameter of a Content-Type or Content-Disposition. It is
// lenient where [mime.ParseMediaType] is not: parameters that come twice,
// unquoted specials and missing semicolons are all met in reports.
func param(params, name string) string {
	for s := params; s != ""; {
		i := indexFold(s, name)
		if i < 0 {
			return ""
		}
		rest := strings.TrimLeft(s[i+len(name):], " \t")
		if i > 0 && !strings.ContainsRune("; \t\"", rune(s[i-1])) || !strings.HasPrefix(rest, "=") {
			s = s[i+len(name):]
			continue
		}
		rest = strings.TrimLeft(rest[1:], " \t")
		if strings.HasPrefix(rest, `"`) {
			if v, _, ok := strings.Cut(rest[1:], `"`); ok {
				return v
			}
			rest = rest[1:]
		}
		if i := strings.IndexAny(rest, "; \t"); i >= 0 {
			rest = rest[:i]
		}
		return rest
	}
	return ""
}
