package bustest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// NoBus makes the environment that of a machine without a session bus. A
// program that would be started to get one leaves a trace at the path that is
// returned.
func NoBus(t *testing.T) (trace string) {
	t.Helper()
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), name)); !errors.Is(err, os.ErrNotExist) {
			Missing(t, "a user without a session bus")
		}
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	dir := t.TempDir()
	trace = filepath.Join(dir, "started")
	script := "#!/bin/sh\necho started >" + trace + "\n"
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	return trace
}
