package keystore

import (
	"errors"
	"testing"

	"github.com/awsexec/awsexec/internal/helper/helpertest"
)

const helperKind Kind = "helper:test"

func TestHelperContract(t *testing.T) {
	contract(t, helperKind, func(t *testing.T) { helpertest.Environ(t, "") })
}

func TestHelperMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open("helper:pass", testOptions(t.TempDir()))
	if _, ok := errors.AsType[*NoHelperError](err); !ok || !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

// TestHelperSaysNothingIsThere checks that a locked store whose helper says that
// it has no such item does not lose the list of its keys.
func TestHelperSaysNothingIsThere(t *testing.T) {
	helpertest.Environ(t, "")
	dir := t.TempDir()
	s, err := Open(helperKind, testOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, "dev", testKey(1))
	t.Setenv("HELPERTEST_SCRIPT", "say:1:credentials not found in native keychain")
	s, err = Open(helperKind, testOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	_, getErr := s.Get(t.Context(), "dev")
	_, sealErr := s.SealingKey(t.Context())
	for _, err := range []error{getErr, sealErr, s.Put(t.Context(), "new", testKey(2)), s.Delete(t.Context(), "dev")} {
		if !errors.Is(err, ErrLocked) {
			t.Error(err)
		}
	}
	wantNames(t, s, "dev")
}

func TestParseKind(t *testing.T) {
	for s, want := range map[string]Kind{
		"": KindAuto, "auto": KindAuto, "keyring": KindKeyring, "file": KindFile, "helper:pass": "helper:pass",
		"Keyring": "", "helper": "", "helper:": "", "helper:../x": "", "vault": "",
	} {
		if got, err := ParseKind(s); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
}
