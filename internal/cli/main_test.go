package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

const (
	aliceID     = "AKIAIOSFODNN7ALICE01"
	aliceSecret = ststest.Marker + "/wJalrXUtnFEMI/K7MDENGbPxRfi"
	aliceARN    = "arn:aws:iam::123456789012:user/alice"
	bobID       = "AKIAIOSFODNN7BOBBOB1"
	bobSecret   = ststest.Marker + "/bob/+++12345678901234567801"
	bobARN      = "arn:aws:iam::123456789012:user/bob"
	bobMFA      = "arn:aws:iam::123456789012:mfa/bob"
	bobSeed     = "seed of bob's device"
	self        = "/opt/bin/awsexec"
)

// world is a home directory, an environment and a stand-in for STS, in which run is called as main does.
type world struct {
	t      *testing.T
	home   string
	env    map[string]string
	server *ststest.Server
	now    func() time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := ststest.Start(ststest.Config{Users: []ststest.User{
		{Account: "123456789012", Name: "alice", AccessKeyID: aliceID, SecretAccessKey: aliceSecret},
		{Account: "123456789012", Name: "bob", AccessKeyID: bobID, SecretAccessKey: bobSecret, MFASerial: bobMFA, MFASecret: []byte(bobSeed)},
		{Account: "123456789012", Root: true, AccessKeyID: "AKIAIOSFODNN7ROOT001", SecretAccessKey: aliceSecret},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	home := t.TempDir()
	return &world{t: t, home: home, server: server, now: time.Now, env: map[string]string{
		"XDG_DATA_HOME":             filepath.Join(home, "data"),
		"XDG_CACHE_HOME":            filepath.Join(home, "cache"),
		"AWS_ENDPOINT_URL_STS":      server.URL(),
		"AWS_ENDPOINT_URL_IAM":      server.URL(),
		"AWS_EC2_METADATA_DISABLED": "true",
		"AWSEXEC_KEYSTORE":          "file",
		"AWSEXEC_PASSPHRASE":        ststest.Marker + "passphrase",
		"AWSEXEC_NO_PROMPT":         "1",
		"AWSEXEC_HOLD":              "0", // nothing of a test stays in the kernel
	}}
}

// result is what a run left.
type result struct {
	code     int
	out, err string
}

func (w *world) run(stdin string, args ...string) result {
	w.t.Helper()
	return w.runIn(w.t.Context(), stdin, args...)
}

// runIn is run in a context of the test's own.
func (w *world) runIn(ctx context.Context, stdin string, args ...string) result {
	w.t.Helper()
	var out, errs bytes.Buffer
	code := run(ctx, args, w.deps(stdin, &out, &errs))
	if strings.Contains(errs.String(), ststest.Marker) {
		w.t.Errorf("a secret on standard error: %s", &errs)
	}
	printsAsItself(w.t, "standard error", errs.String())
	printsAsItself(w.t, "standard output", out.String())
	return result{code, out.String(), errs.String()}
}

// deps are what main hands to run.
func (w *world) deps(stdin string, stdout, stderr io.Writer) deps {
	environ := make([]string, 0, len(w.env))
	for name, value := range w.env {
		environ = append(environ, name+"="+value)
	}
	return deps{
		stdin: strings.NewReader(stdin), stdout: stdout, stderr: stderr, environ: environ,
		homes: homes{w.home, w.home}, self: self, now: w.now, workFactor: 1, lockPatience: 50 * time.Millisecond, linkPatience: 50 * time.Millisecond, signInPatience: 400 * time.Millisecond,
	}
}

// ok is run for what must succeed.
func (w *world) ok(stdin string, args ...string) result {
	w.t.Helper()
	r := w.run(stdin, args...)
	if r.code != 0 {
		w.t.Fatalf("awsexec %s: exit code %d\n%s", strings.Join(args, " "), r.code, r.err)
	}
	return r
}

// refuse is run for what must fail with code, and say all of parts.
func (w *world) refuse(code int, stdin string, args []string, parts ...string) {
	w.t.Helper()
	r := w.run(stdin, args...)
	if r.code != code || r.out != "" {
		w.t.Errorf("awsexec %s: exit code %d, output %q; want %d and none\n%s", strings.Join(args, " "), r.code, r.out, code, r.err)
	}
	if !strings.HasPrefix(r.err, "awsexec: ") {
		w.t.Errorf("awsexec %s: said %q", strings.Join(args, " "), r.err)
	}
	for _, p := range parts {
		if !strings.Contains(r.err, p) {
			w.t.Errorf("awsexec %s: said\n%swithout %q", strings.Join(args, " "), r.err, p)
		}
	}
}

// add stores alice's key under name.
func (w *world) add(name string) {
	w.t.Helper()
	w.ok(aliceID+"\n"+aliceSecret+"\n", "add", name, "--stdin")
}

func (w *world) write(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) read(name string) string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.home, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}
