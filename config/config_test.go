package config

import (
	"flag"
	"os"
	"testing"
)

var _ = flag.Bool("update", false, "rewrite the golden files")

// TestNothingConfigured holds the defaults.
func TestNothingConfigured(t *testing.T) {
	c, err := Parse("bouncehound.toml", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Store.Path != DefaultStore || c.Store.Raw != "full" || c.Log.Level != "info" {
		t.Errorf("got %+v", c)
	}
	if err := c.NeedMailboxes(); err == nil {
		t.Error("no mailbox is no problem")
	}
	if _, err := Load("testdata/none.toml", nil); !os.IsNotExist(err) && err == nil {
		t.Error("a missing file is no problem")
	}
}
