package keyring

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/backend"
)

// TestLimit checks that a value over the Credential Manager's limit is
// ErrTooBig, even if the library lets it through, and that one within it is
// kept whole.
func TestLimit(t *testing.T) {
	if os.Getenv("AWSEXEC_TEST_THROWAWAY_CREDENTIALS") == "" {
		t.Skip("the Credential Manager may be somebody's: AWSEXEC_TEST_THROWAWAY_CREDENTIALS is not set")
	}
	k, end := New(Options{}).Begin()
	defer end()
	it := backend.Item{Service: "awsexec-test", Name: "limit"}
	full := []byte(strings.Repeat("x", 2560))
	if err := k.Set(t.Context(), it, full); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get(t.Context(), it); err != nil || string(got) != string(full) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := k.Set(t.Context(), it, append(full, 'x')); !errors.Is(err, backend.ErrTooBig) {
		t.Errorf("got %v, want ErrTooBig", err)
	}
	if err := k.Delete(t.Context(), it); err != nil {
		t.Error(err)
	}
	if _, err := k.Get(t.Context(), it); !errors.Is(err, backend.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// TestAccountTellsCase checks that names that differ only in case are different
// names, though not to the Credential Manager.
func TestAccountTellsCase(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"dev", "Dev", "DEV", "^dev", "^Dev", "d^ev", "É", "é", "ß", "SS"} {
		folded := strings.ToUpper(account(name))
		if other, ok := seen[folded]; ok {
			t.Errorf("%q and %q are one", name, other)
		}
		seen[folded] = name
	}
}
