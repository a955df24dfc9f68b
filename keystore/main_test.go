package keystore

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/agetest"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/helper/helpertest"
	"github.com/awsexec/awsexec/internal/term"
)

const (
	marker         = "S3CR3TMARKER"
	testPassphrase = marker + "passphrase"
	childVariable  = "KEYSTORE_TEST_CHILD" // kind, directory and commands, one a line
)

// TestMain lets the test binary be another process that uses a store, and a
// credential helper.
func TestMain(m *testing.M) {
	agetest.Main()
	helpertest.Main()
	if script := os.Getenv(childVariable); script != "" {
		if err := runChild(strings.Split(script, "\n")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func runChild(script []string) error {
	s, err := Open(Kind(script[0]), testOptions(script[1]))
	if err != nil {
		return err
	}
	ctx := context.Background()
	for _, command := range script[2:] {
		verb, name, _ := strings.Cut(command, " ")
		switch verb {
		case "put":
			err = s.Put(ctx, name, testKey(1))
		case "delete":
			err = s.Delete(ctx, name)
		case "seal":
			var key [32]byte
			key, err = s.SealingKey(ctx)
			fmt.Println(hex.EncodeToString(key[:]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// child runs commands on the store of kind in dir, in another process.
func child(t *testing.T, kind Kind, dir string, commands ...string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	script := append([]string{string(kind), dir}, commands...)
	cmd.Env = append(os.Environ(), childVariable+"="+strings.Join(script, "\n"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return string(out), err
}

func testOptions(dir string) Options {
	return Options{
		Dir:        dir,
		Env:        os.Getenv,
		Environ:    os.Environ(),
		Passphrase: passphrase(testPassphrase),
		WorkFactor: 10,
		Host:       testHost(os.Getenv(pluginsVariable)),
	}
}

// tpmVariable is the socket of the TPM.
const tpmVariable = "KEYSTORE_TEST_TPM"

// pluginsVariable is the directory with the age plugins.
const pluginsVariable = "KEYSTORE_TEST_PLUGINS"

// testHost returns a host that runs the plugins in dir, and answers each question
// with these answers in turn, the last one for ever.
func testHost(dir string, answers ...string) agekeys.Host {
	return agekeys.Host{
		TPM: os.Getenv(tpmVariable),
		Ask: func(context.Context, string, bool) (string, error) {
			if len(answers) == 0 {
				return "", errors.New("nobody is there")
			}
			answer := answers[0]
			answers = answers[min(1, len(answers)-1):]
			return answer, nil
		},
		Run: func(ctx context.Context, name string, args []string, talk func(agekeys.Conversation) error) error {
			path, err := exec.LookPath(filepath.Join(dir, name))
			if err != nil {
				return &exec.Error{Name: name, Err: exec.ErrNotFound}
			}
			env := []string{"GORACE=atexit_sleep_ms=0"} // the plugin is this test binary, which may sleep at its end
			return term.Converse(ctx, path, args, env, io.Discard, func(to io.Writer, from io.Reader) error {
				return talk(agekeys.Conversation{To: to, From: from, Show: func(string) {}})
			})
		},
	}
}

func passphrase(p string) func(context.Context, bool) ([]byte, error) {
	return func(context.Context, bool) ([]byte, error) { return []byte(p), nil }
}

// testKey returns one of a thousand distinct keys of the usual shape.
func testKey(n int) aws.Credentials {
	return aws.Credentials{
		AccessKeyID:     fmt.Sprintf("AKIAIOSFODNN7EXAM%03d", n),
		SecretAccessKey: fmt.Sprintf("%s/K7MDENG+bPxRfiCYEXAMPLE0%04d", marker, n),
	}
}

// noSecretIn fails if a file below dir holds the marker in plaintext, in base64
// or in hex.
func noSecretIn(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(marker)) || bytes.Contains(b, []byte("UzNDUjNUTUFSS0VS")) || bytes.Contains(b, []byte(hex.EncodeToString([]byte(marker)))) {
			t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func mustPut(t *testing.T, s *Store, name string, c aws.Credentials) {
	t.Helper()
	if err := s.Put(t.Context(), name, c); err != nil {
		t.Fatal(err)
	}
}

// wantKey fails unless the store has exactly c under name.
func wantKey(t *testing.T, s *Store, name string, c aws.Credentials) {
	t.Helper()
	got, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if got != c {
		t.Errorf("key %q is not what was stored", name)
	}
}

// wantNames fails unless the index lists these names, in this order.
func wantNames(t *testing.T, s *Store, want ...string) {
	t.Helper()
	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.Name)
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("list is %q, want %q", got, want)
	}
}

// itemsOf begins an operation on the items of s, behind its back; it ends with
// the test.
func itemsOf(t *testing.T, s *Store) backend.Operation {
	t.Helper()
	o, end := s.vault.backend.Begin()
	t.Cleanup(end)
	if err := o.Prepare(t.Context(), backend.ToCreate); err != nil {
		t.Fatal(err)
	}
	return o
}
