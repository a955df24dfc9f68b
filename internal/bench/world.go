package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/keyringtest"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/processfmt"
)

const (
	account = "123456789012"
	keyID   = "AKIAIOSFODNN7BENCH12"
	secret  = ststest.Marker + "/bench/+23456789012345678901"
	region  = "eu-west-1"
	module  = "github.com/awsexec/awsexec"

	// sealingService and sealingName name the only item of the keyring that a
	// warm call reads.
	sealingService, sealingName = "awsexec-cache", "sealing-key"
)

// world is a user's machine, separate from the real user's: programs, files, a
// keyring with one key, and STS.
type world struct {
	dir       string
	env       map[string]string
	runs      int
	sts       *ststest.Server
	bus       *keyringtest.Bus // nil without a keyring
	noKeyring error            // why there is no keyring
	stderr    *os.File         // of all measured runs
}

func newWorld(ctx context.Context, runs int) (*world, error) {
	dir, err := os.MkdirTemp("", "awsexec-bench") // a short path, because it holds sockets
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir, runs: runs}
	if err := w.setUp(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *world) setUp(ctx context.Context) (err error) {
	for _, sub := range []string{"bin", "run", "tmp", ".aws"} {
		if err := os.Mkdir(w.path(sub), 0o700); err != nil {
			return err
		}
	}
	if w.stderr, err = os.OpenFile(w.path("stderr"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return err
	}
	if err := w.build(ctx); err != nil {
		return err
	}
	user := ststest.User{Account: account, Name: "bench", AccessKeyID: keyID, SecretAccessKey: secret}
	if w.sts, err = ststest.Start(ststest.Config{Users: []ststest.User{user}, Roles: chain()}); err != nil {
		return err
	}
	w.env = map[string]string{
		"HOME": w.dir, "USERPROFILE": w.dir, "LOCALAPPDATA": w.dir, "SYSTEMROOT": os.Getenv("SYSTEMROOT"),
		"PATH": os.Getenv("PATH"), "LANG": "C.UTF-8", "TMPDIR": w.path("tmp"),
		"XDG_CONFIG_HOME": w.path("config"), "XDG_DATA_HOME": w.path("data"), "XDG_CACHE_HOME": w.path("cache"), "XDG_RUNTIME_DIR": w.path("run"),
		"AWS_CONFIG_FILE": w.path(".aws", "config"), "AWS_SHARED_CREDENTIALS_FILE": w.path(".aws", "credentials"),
		"AWS_ENDPOINT_URL_STS": w.sts.URL(), "AWSEXEC_HOLD": "0",
	}
	if err := os.WriteFile(w.path(".aws", "config"), []byte("[profile work]\nregion = "+region+"\n"),
		0o600); err != nil {
		return err
	}
	if w.noKeyring = w.startKeyring(); w.noKeyring != nil {
		if errors.Is(w.noKeyring, keyringtest.ErrMissing) {
			return nil
		}
		return w.noKeyring
	}
	add := w.awsexec("add", "work", "--stdin", "--no-verify", "--write-config").command(ctx)
	add.Stdin = strings.NewReader(keyID + "\n" + secret + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("awsexec add: %w: %s", err, out)
	}
	return w.warm(ctx, w.awsexec("-p", "work"))
}

// build builds awsexec and the programs to compare, like a release.
func (w *world) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w -X main.version=bench",
		"-o", w.path("bin"), module+"/cmd/awsexec",
		module+"/internal/bench/empty", module+"/internal/bench/keyringget", module+"/internal/bench/stscall", module+"/internal/bench/launch")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// startKeyring starts a keyring on a private bus. Only gnome-keyring can run
// separately from the user's own keyring.
func (w *world) startKeyring() error {
	bus, err := keyringtest.StartBus(w.path("run"), "", w.environ())
	if err != nil {
		return err
	}
	if err := bus.StartKeyring(ststest.Marker); err != nil {
		bus.Close()
		return err
	}
	w.bus = bus
	w.env["DBUS_SESSION_BUS_ADDRESS"] = bus.Address
	return nil
}

func (w *world) close() {
	_ = kernelkey.Drop(kernelkey.StoreName("keyring", w.path("data", "awsexec"))) // otherwise it would expire soon
	if w.bus != nil {
		w.bus.Close()
	}
	if w.sts != nil {
		w.sts.Close()
	}
	if w.stderr != nil {
		_ = w.stderr.Close()
	}
	_ = os.RemoveAll(w.dir)
}

func (w *world) path(elem ...string) string {
	return filepath.Join(append([]string{w.dir}, elem...)...)
}

// program returns the path of a built program.
func (w *world) program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return w.path("bin", name)
}

// environ returns the environment of a run, with more variables.
func (w *world) environ(more ...string) []string {
	env := maps.Clone(w.env)
	for _, kv := range more {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// awsexec returns a run of awsexec with the default keystore.
func (w *world) awsexec(args ...string) subject {
	return subject{name: "awsexec " + strings.Join(args, " "),
		argv: append([]string{w.program("awsexec")}, args...), env: w.environ()}
}

// warm runs s, which prints credentials, twice and checks that both runs return
// the same session.
func (w *world) warm(ctx context.Context, s subject) error {
	var last string
	for range 2 {
		out, err := s.command(ctx).Output()
		if err != nil {
			if failed, ok := errors.AsType[*exec.ExitError](err); ok {
				err = fmt.Errorf("%w: %s", err, failed.Stderr)
			}
			return fmt.Errorf("%s: %w", s.name, err)
		}
		c, err := processfmt.Decode(strings.NewReader(string(out)))
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if left := time.Until(c.Expires); left < 30*time.Minute {
			return fmt.Errorf("%s: the session lives only %v", s.name, left)
		}
		if last != "" && last != c.AccessKeyID {
			return fmt.Errorf("%s: the second run made a new session", s.name)
		}
		last = c.AccessKeyID
	}
	return nil
}
