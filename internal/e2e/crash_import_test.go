//go:build linux

package e2e

import (
	"os"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

// At every point no key is lost, no file is partly written and each profile
// works. A second run finishes the import.
func TestCrashImport(t *testing.T) {
	t.Parallel()
	const (
		configBefore = "# mine\n[profile work]\nregion = eu-west-1\n[profile second]\nregion = eu-west-1\n" + alice2InClear
		credsBefore  = "# keys\n[work] # w\n" + aliceInClear + "\n[ci]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
		credsAfter   = "# keys\n[work] # w\n\n[ci]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
	)
	onBothKeystores(t, func(t *testing.T, h *home, _ *ststest.Server) {
		config, credentials := h.path(".aws", "config"), h.path(".aws", "credentials")
		process := func(name string) string {
			return "credential_process = " + h.awsexec + " --profile " + name + "\n"
		}
		crashMatrix(t, h, "import on "+h.env["AWSEXEC_KEYSTORE"], crash{
			command: command{args: []string{"import", "--yes"}},
			setup: func(h *home) {
				h.write(configBefore, ".aws", "config")
				h.write(credsBefore, ".aws", "credentials")
				if err := os.Chmod(credentials, 0o640); err != nil {
					h.t.Fatal(err)
				}
			},
			holds: func(h *home) {
				// Each file is what it is before or after a whole edit.
				work := "# mine\n[profile work]\nregion = eu-west-1\n" + process("work")
				oneOf(h.t, config, configBefore, work+"[profile second]\nregion = eu-west-1\n"+alice2InClear,
					work+"[profile second]\nregion = eu-west-1\n"+process("second"))
				oneOf(h.t, credentials, credsBefore, credsAfter)
				h.uses("work", aliceKey)
				h.uses("second", aliceKey2)
			},
			finish: func(h *home) {
				if r := h.run("import", "--yes"); r.code != 0 {
					h.t.Fatalf("second run: exit code %d\n%s", r.code, r.stderr)
				}
				oneOf(h.t, config, "# mine\n[profile work]\nregion = eu-west-1\n"+process("work")+
					"[profile second]\nregion = eu-west-1\n"+process("second"))
				oneOf(h.t, credentials, credsAfter)
				if fi, err := os.Stat(credentials); err != nil || fi.Mode().Perm() != 0o640 {
					h.t.Errorf("the mode of credentials is %v, %v", fi.Mode(), err)
				}
				noMarkerInFiles(h.t, h.path(".aws"))
				h.uses("work", aliceKey)
				h.uses("second", aliceKey2)
				if got := h.listed(); got["work"] != aliceKey || got["second"] != aliceKey2 || len(got) != 2 {
					h.t.Errorf("list shows %v", got)
				}
			},
		})
	})
}
