//go:build linux

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// home is a user's machine as one test sees it: a home directory and the whole
// environment of the programs that run there. The developer's own files and
// variables do not reach it.
type home struct {
	t       *testing.T
	dir     string
	env     map[string]string
	awsexec string           // the binary's path
	bus     *keyringtest.Bus // nil without a bus
}

// newHome creates an empty home whose keystore is the encrypted file. Its path
// is short because it holds sockets.
func newHome(t *testing.T, endpoint string) *home {
	t.Helper()
	dir, err := os.MkdirTemp("", "awsexec-home")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &home{t: t, dir: dir, awsexec: bin + "/awsexec", env: map[string]string{
		"HOME":                        dir,
		"PATH":                        bin + ":/usr/bin:/bin",
		"LANG":                        "C.UTF-8",
		"TERM":                        "dumb",
		"TMPDIR":                      filepath.Join(dir, "tmp"),
		"XDG_CONFIG_HOME":             filepath.Join(dir, "config"),
		"XDG_DATA_HOME":               filepath.Join(dir, "data"),
		"XDG_CACHE_HOME":              filepath.Join(dir, "cache"),
		"XDG_RUNTIME_DIR":             filepath.Join(dir, "run"),
		"AWS_CONFIG_FILE":             filepath.Join(dir, ".aws", "config"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, ".aws", "credentials"),
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_ENDPOINT_URL_STS":        endpoint,
		"AWS_ENDPOINT_URL_IAM":        endpoint,
		"AWSEXEC_KEYSTORE":            "file",
		"AWSEXEC_PASSPHRASE":          passphrase,
		"AWSEXEC_HOLD":                "0", // a test leaves nothing in the kernel
	}}
	for _, sub := range []string{"tmp", "run", ".aws"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// environ returns the environment of a process: the home's, changed by extra.
// "NAME" without a value removes a variable.
func (h *home) environ(extra ...string) []string {
	env := maps.Clone(h.env)
	for _, kv := range extra {
		if name, value, ok := strings.Cut(kv, "="); ok {
			env[name] = value
		} else {
			delete(env, name)
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// path returns the path of a file below the home.
func (h *home) path(elem ...string) string {
	return filepath.Join(append([]string{h.dir}, elem...)...)
}

// write writes a file below the home and returns its path.
func (h *home) write(text string, elem ...string) string {
	h.t.Helper()
	path := h.path(elem...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.t.Fatal(err)
	}
	// A process that another test starts now would have the file open for
	// writing for a moment, and the file could not be run then.
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(text), 0o600)
	syscall.ForkLock.RUnlock()
	if err != nil {
		h.t.Fatal(err)
	}
	return path
}

// config writes ~/.aws/config.
func (h *home) config(lines ...string) {
	h.t.Helper()
	h.write(strings.Join(lines, "\n")+"\n", ".aws", "config")
}

// sessionFiles returns the paths of the sealed sessions.
func (h *home) sessionFiles() []string {
	h.t.Helper()
	files, err := filepath.Glob(h.path("cache", "awsexec", "sessions", "*", "*.session"))
	if err != nil {
		h.t.Fatal(err)
	}
	return files
}

// sessionFile returns the path of the only sealed session.
func (h *home) sessionFile() string {
	h.t.Helper()
	files := h.sessionFiles()
	if len(files) != 1 {
		h.t.Fatalf("%d session files, want 1", len(files))
	}
	return files[0]
}
