//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/internal/winetest"
)

// TestWindows runs the Windows build under Wine. Its parts share one machine
// with its Credential Manager, because making a machine is slow, and take
// turns.
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

// windows is a Windows machine with the programs under test. They are in a
// directory with spaces and an umlaut, as on users' machines.
type windows struct {
	*winetest.Machine
	dir     string // the directory of the programs, as on Windows
	awsexec string // the path on this system
	probe   string
	tests   string // the directory of test binaries
}

// windowsPackages are the packages whose own tests also run under Wine. The
// tests to skip need something that is not Windows, or that Wine lacks.
var windowsPackages = []struct{ path, skip string }{
	{"exec", ""},
	{"internal/agefile", "TestDamagedFile|TestPassphraseErrors"},               // tries every byte of a file, which takes minutes
	{"internal/atomicfile", "TestWriteFollowsLinks|TestWriteRefuses|TestTidy"}, // symbolic links do not work under Wine
	{"internal/cache", "TestDamagedFilesAreMisses"},                            // tries every byte of a file, which takes minutes
	{"internal/flock", ""},
	{"internal/keyring", ""},
	{"internal/term", ""},
	// Wine's Credential Manager is not atomic: a reader of an item that is
	// being written gets a part of it. The other tests to skip take minutes
	// there and are not about Windows.
	{"keystore", "TestKeyringContract/(coming_and_going|sealing_key|goroutines)$|TestFileContract/(goroutines|processes|coming_and_going|sizes|names|sealing.*)|TestFilePassphrase|TestReadWhileOthersWrite|" +
		"TestFileIndexAgrees|TestFileOf|TestIdentityFails|TestHelper(Contract|Says)"}, // the programs of the last three are symbolic links
	// These tests depend on Unix files, file modes or programs, or create so
	// many files that they take minutes. Those of what is shown are not about
	// Windows.
	{"internal/cli", "TestSelfPath|TestDoctor|TestProfileErrors|Refresh|Renewal|Import|Serve|Rotat|Passphrase|AtOnce|KeepTheirPasswords|TestHostile|TestPages|TestExamples|TestParsePlain|TestFAQ"},
}

// newWindows builds the programs while Wine creates the machine.
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
		t.Skip("Wine runs only programs for this machine's architecture")
	}
	if _, err := exec.LookPath("wine"); err != nil {
		missing(t, "no wine") // checked before anything is built
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
	cmd := exec.Command("go", append([]string{args[0], "-buildvcs=false", "-ldflags=-s -w"}, args[1:]...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=windows", "GOARCH=amd64", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// user is a user of the machine with a separate home. The keystore is the
// machine's Credential Manager.
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

// winProcess is a Windows program under Wine.
type winProcess struct {
	*process
	u *user
	c command // runs the program, with Wine
}

// program runs the Windows program c.name, a path.
func (u *user) program(c command) *winProcess {
	u.t.Helper()
	argv := u.w.Args(c.name, c.args...)
	c.name, c.args = argv[0], argv[1:]
	return &winProcess{u.start(c), u, c}
}

// wineError is what Wine itself writes to stderr when it loses the connection to
// its server, as happens on a busy machine while a process ends. Wine then ends
// that thread of the program with code 1, or was ending it anyway.
var wineError = regexp.MustCompile(`wine client error:[0-9a-f]+: [^\n]*\n?`)

// wait waits until the program has ended. What Wine writes about itself is not
// in the result. A program that Wine has ended is run again, twice at most:
// awsexec never ends with 1 by itself.
func (p *winProcess) wait() result {
	p.t.Helper()
	for again := 2; ; again-- {
		r := p.process.wait()
		noise := wineError.FindString(r.stderr)
		if noise == "" {
			return r
		}
		p.t.Logf("%q, exit code %d", noise, r.code)
		r.stderr = wineError.ReplaceAllString(r.stderr, "")
		if r.code != 1 || again == 0 {
			return r
		}
		p.process = p.u.start(p.c)
	}
}

// exe runs the Windows awsexec.
func (u *user) exe(args ...string) result {
	u.t.Helper()
	return u.program(command{name: u.w.awsexec, args: args}).wait()
}

// with returns the arguments that run awsexec with a child, the probe.
func (u *user) with(args ...string) []string {
	return append([]string{"-p", "work", "--", winetest.Path(u.w.probe)}, args...)
}

// worker returns a user who has alice's key as profile work.
func (w *windows) worker(t *testing.T, srv *ststest.Server) *user {
	t.Helper()
	u := w.newUser(t, srv.URL())
	u.config("[profile work]", "region = eu-west-1")
	u.put("work", aliceKey, aliceSecret)
	return u
}

// put stores a key, replacing the one of another test.
func (u *user) put(name, keyID, secret string) {
	u.t.Helper()
	c := command{name: u.w.awsexec, args: []string{"add", name, "--stdin", "--no-verify", "--force"}, stdin: keyID + "\r\n" + secret + "\r\n"}
	if r := u.program(c).wait(); r.code != 0 {
		u.t.Fatalf("add %s: exit code %d, stderr:\n%s", name, r.code, r.stderr)
	}
}
