//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/internal/winetest"
)

// TestWindows runs the Windows build under Wine. It is one test, so that it makes one machine, whose Credential Manager its parts share; the
// machine's own slowness makes them take turns.
func TestWindows(t *testing.T) {
	t.Parallel()
	m := newWindows(t)
	t.Run("journey", m.journey)
	t.Run("add", m.add)
	t.Run("names in other case", m.otherCase)
	t.Run("large token", m.largeToken)
	t.Run("encrypted file", m.encryptedFile)
	t.Run("ten cold processes", m.tenColdProcesses)
	t.Run("child", m.child)
	t.Run("child that cannot start", m.childCannotStart)
	t.Run("batch file", m.batchFile)
	t.Run("child's environment", m.childEnvironment)
	t.Run("Ctrl-C", m.ctrlC)
	t.Run("killed", m.killed)
	t.Run("credential_process", m.credentialProcess)
	t.Run("helpers", m.helpers)
	t.Run("terminal", m.terminal)
	t.Run("packages", m.packages)
}

// windows is a Windows machine with the programs under test. They are where users have them: in a directory with spaces and an umlaut.
type windows struct {
	*winetest.Machine
	dir     string // of programs; those of Windows
	awsexec string // path in this system
	probe   string
	tests   string // the directory of test binaries
}

// packages are those whose own tests run under Wine too, with the tests that do not: what they need is not Windows, or Wine lacks it.
var windowsPackages = []struct{ path, skip string }{
	{"exec", ""},
	{"internal/agefile", "TestDamagedFile|TestPassphraseErrors"},               // every byte of a file: minutes
	{"internal/atomicfile", "TestWriteFollowsLinks|TestWriteRefuses|TestTidy"}, // Wine's symbolic links lead nowhere
	{"internal/cache", "TestDamagedFilesAreMisses"},                            // every byte of a file: minutes
	{"internal/flock", ""},
	{"internal/keyring", ""},
	{"internal/term", ""},
	// Wine's Credential Manager is not atomic: who reads an item that another is writing sees half of it. What else is left out takes
	// minutes there and is not about Windows.
	{"keystore", "TestKeyringContract/(coming_and_going|sealing_key|goroutines)$|TestFileContract/(goroutines|processes|coming_and_going|sizes|names|sealing.*)|TestFilePassphrase"},
	// These have files, modes of files and programs in the way of Unix, or make so many files that they take minutes.
	{"internal/cli", "TestSelfPath|TestDoctor|TestProfileErrors|Refresh|Renewal|Import|Serve|Rotat|Passphrase|AtOnce"},
}

// newWindows builds the programs while Wine makes the machine.
func newWindows(t *testing.T) *windows {
	t.Helper()
	dir, err := os.MkdirTemp("", "awsexec-wine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &windows{dir: filepath.Join(dir, "Prögram Files"), tests: filepath.Join(dir, "tests")}
	w.awsexec, w.probe = filepath.Join(w.dir, "awsexec.exe"), filepath.Join(w.dir, "winprobe.exe")
	machine := filepath.Join(dir, "machine")
	for _, sub := range []string{w.dir, w.tests, machine} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("Wine runs programs of this machine's kind only")
	}
	if _, err := exec.LookPath("wine"); err != nil {
		missing(t, "no wine") // before anything is built
	}

	var building sync.WaitGroup
	var buildErr error
	building.Go(func() {
		paths := []string{}
		for _, p := range windowsPackages {
			paths = append(paths, "../../"+p.path)
		}
		buildErr = errors.Join(
			goForWindows("build", "-o", w.dir, "../../cmd/awsexec", "../winprobe"),
			goForWindows(append([]string{"test", "-c", "-o", w.tests}, paths...)...))
	})
	w.Machine, err = winetest.Start(machine)
	building.Wait()
	if errors.Is(err, winetest.ErrMissing) {
		missing(t, "%v", err)
	}
	if err = errors.Join(err, buildErr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func goForWindows(args ...string) error {
	cmd := exec.Command("go", append([]string{args[0], "-buildvcs=false"}, args[1:]...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=windows", "GOARCH=amd64", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// user is a user of the machine, with a home of its own, but the machine's Credential Manager as the keystore.
type user struct {
	*home
	w *windows
}

func (w *windows) newUser(t *testing.T, endpoint string) *user {
	t.Helper()
	h := newHome(t, endpoint)
	h.env = map[string]string{
		"XDG_DATA_HOME":             winetest.Path(h.path("Dätä dir")),
		"XDG_CACHE_HOME":            winetest.Path(h.path("cache")),
		"AWS_CONFIG_FILE":           winetest.Path(h.path(".aws", "config")),
		"AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ENDPOINT_URL_STS":      endpoint,
		"AWSEXEC_NO_PROMPT":         "1",
	}
	for _, kv := range w.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		h.env[name] = value
	}
	return &user{h, w}
}

// program runs a Windows program; c.name is its path.
func (u *user) program(c command) *process {
	u.t.Helper()
	argv := u.w.Args(c.name, c.args...)
	c.name, c.args = argv[0], argv[1:]
	return u.start(c)
}

// exe runs the Windows awsexec.
func (u *user) exe(args ...string) result {
	u.t.Helper()
	return u.program(command{name: u.w.awsexec, args: args}).wait()
}

// with runs it with a child: the probe.
func (u *user) with(args ...string) []string {
	return append([]string{"-p", "work", "--", winetest.Path(u.w.probe)}, args...)
}

// worker is a user who has alice's key as profile work.
func (w *windows) worker(t *testing.T, srv *ststest.Server) *user {
	t.Helper()
	u := w.newUser(t, srv.URL())
	u.config("[profile work]", "region = eu-west-1")
	u.put("work", aliceKey, aliceSecret)
	return u
}

// put stores a key, in place of another test's.
func (u *user) put(name, keyID, secret string) {
	u.t.Helper()
	c := command{name: u.w.awsexec, args: []string{"add", name, "--stdin", "--no-verify", "--force"}, stdin: keyID + "\r\n" + secret + "\r\n"}
	if r := u.program(c).wait(); r.code != 0 {
		u.t.Fatalf("add %s: exit code %d, stderr:\n%s", name, r.code, r.stderr)
	}
}
