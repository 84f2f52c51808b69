package notify

import "flag"

// Every test binary takes -update, so that `go test ./... -update` works.
var _ = flag.Bool("update", false, "rewrite the golden files")
