package config

import (
	"maps"
	"slices"
	"strings"
)

const envPrefix = "BOUNCEHOUND"

// variables returns those of environ that are ours and not empty.
func variables(environ []string) map[string]string {
	vars := map[string]string{}
	for _, kv := range environ {
		name, v, _ := strings.Cut(kv, "=")
		if v != "" && strings.HasPrefix(name, envPrefix+"_") && !foreign(name) {
			vars[name] = v
		}
	}
	return vars
}

// foreign says whether a variable that begins as ours do is another's.
//
// QUIRK: Kubernetes gives every container the variables NAME_SERVICE_… and
// NAME_PORT… of a service called NAME, as Docker's links once did.
func foreign(name string) bool {
	rest := strings.TrimPrefix(name, envPrefix+"_")
	return rest == "CONFIG" || rest == "PORT" || strings.HasPrefix(rest, "PORT_") || strings.HasPrefix(rest, "SERVICE_")
}

// envName returns a key or name as it stands in a variable's name.
func envName(key string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, key)
}

// variable returns the name of a key's variable and, if it is set, its value.
func (t *table) variable(key string) (name, v string, set bool) {
	if t.env == "" {
		return "", "", false
	}
	name = t.env + "_" + envName(key)
	v, set = t.doc.vars[name]
	where := t.label + join(t.path, key)
	if other, claimed := t.doc.claims[name]; claimed && other != where && set {
		t.wrong(key, "set both in the file", "could also mean %s", other)
	}
	t.doc.claims[name] = where
	return name, v, set
}

// unknownVariables notes the variables that no key has asked for.
func (d *document) unknownVariables() {
	for _, name := range slices.Sorted(maps.Keys(d.vars)) {
		if _, ok := d.claims[name]; !ok {
			d.problems = append(d.problems, Problem{
				Key: name, Text: "no key has this variable", Hint: didYouMean(nearest(name, slices.Sorted(maps.Keys(d.claims)))),
			})
		}
	}
}
