package cli

import (
	"runtime/debug"
	"testing"
)

// The version is that of the module if the build did not set one.
func TestModuleVersion(t *testing.T) {
	for recorded, want := range map[string]string{
		"v1.4.0": "1.4.0", "v0.0.0-20260102030405-0123456789ab": "0.0.0-20260102030405-0123456789ab", "(devel)": "dev", "": "dev",
	} {
		read := func() (*debug.BuildInfo, bool) {
			return &debug.BuildInfo{Main: debug.Module{Version: recorded}}, true
		}
		if got := moduleVersion(read); got != want {
			t.Errorf("%q: %q, want %q", recorded, got, want)
		}
	}
	if got := moduleVersion(func() (*debug.BuildInfo, bool) { return nil, false }); got != "dev" {
		t.Errorf("without build information: %q", got)
	}
}
