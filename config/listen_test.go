package config

import (
	"strings"
	"testing"
)

func TestListen(t *testing.T) {
	for _, c := range []struct {
		text, address, problem, warning string
	}{
		{`address = "127.0.0.1:9464"`, "127.0.0.1:9464", "", ""},
		{`address = "localhost"`, "localhost:9464", "", ""},
		{`address = "[::1]:80"`, "[::1]:80", "", ""},
		{"address = \"0.0.0.0:9464\"\ntoken_file = \"t\"", "0.0.0.0:9464", "", "served without TLS"},
		{"address = \"127.0.0.1:9464\"\ntoken = \"0123456789abcdef\"", "127.0.0.1:9464", "", ""},
		{`address = "0.0.0.0:9464"`, "", "token_file must be set", ""},
		{`address = "metrics.example.com"`, "", "token_file must be set", ""},
		{`address = ":9464"`, "", "must be host or host:port", ""},
		{"address = \"127.0.0.1:9464\"\ntoken = \"short\"", "", "at least 16 characters", ""},
		{`token_file = "t"`, "", "without effect unless address is set", ""},
	} {
		config, err := Parse("b.toml", []byte("[listen]\n"+c.text+"\n"), nil)
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) || strings.Contains(err.Error(), "short") {
				t.Errorf("%s: %v", c.text, err)
			}
		case err != nil || config.Listen.Address != c.address:
			t.Errorf("%s: %+v, %v", c.text, config, err)
		case strings.Contains(strings.Join(config.Warnings, " "), "without TLS") != (c.warning != ""):
			t.Errorf("%s: warnings %q", c.text, config.Warnings)
		}
	}
}
