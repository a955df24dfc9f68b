//go:build linux

package e2e

import (
	"os"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

// At every point of backup its file is the old one, the new one or none, and at
// every point of restore a second run stores all keys.
func TestCrashBackup(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	h.env["AWSEXEC_BACKUP_PASSPHRASE"] = ststest.Marker + "backup passphrase"
	file := h.path("data", "awsexec", "keys.age")
	fill := func(h *home) {
		h.config("[profile work]", "region = eu-west-1")
		h.addAlice()
		h.add("other", aliceKey2, aliceSecret2)
	}
	write := command{args: []string{"backup", file, "--passphrase", "--force"}}
	crashMatrix(t, h, "backup", crash{
		command: write,
		setup:   fill,
		holds: func(h *home) {
			if _, err := os.Stat(file); err == nil {
				h.succeeds("restore", file, "--dry-run")
			}
		},
		finish: func(h *home) {
			if r := h.start(write).wait(); r.code != 0 {
				h.t.Fatalf("second run: exit code %d\n%s", r.code, r.stderr)
			}
			h.succeeds("restore", file, "--dry-run")
			h.uses("work", aliceKey)
		},
	})
	h.reset()
	fill(h)
	h.succeeds("backup", file, "--passphrase")
	saved := read(t, file)
	again := command{args: []string{"restore", file, "--yes"}}
	crashMatrix(t, h, "restore", crash{
		command: again,
		setup: func(h *home) {
			h.config("[profile work]", "region = eu-west-1")
			h.write(string(saved), "data", "awsexec", "keys.age")
		},
		finish: func(h *home) {
			if r := h.start(again).wait(); r.code != 0 {
				h.t.Fatalf("second run: exit code %d\n%s", r.code, r.stderr)
			}
			h.uses("work", aliceKey)
			h.uses("other", aliceKey2)
		},
	})
}
