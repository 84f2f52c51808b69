// Package systemd holds what an administrator starts from: the units and the commented
// configuration.
package systemd

import _ "embed"

// Configuration is the commented configuration with every key.
//
//go:embed bouncehound.toml
var Configuration string
