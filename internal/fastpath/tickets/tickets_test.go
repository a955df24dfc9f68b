package tickets

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/awsexec/awsexec/internal/fastpath"
	"github.com/awsexec/awsexec/keystore"
)

// TestForeseeable: with auto, no ticket is left if the choice of the keystore
// depends on who is on the bus when the next call is made.
func TestForeseeable(t *testing.T) {
	noFile, file := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(file, "keystore.age"), []byte("keys"), 0o600); err != nil {
		t.Fatal(err)
	}
	moved := t.TempDir()
	o := keystore.Options{Dir: moved}
	if err := o.Choose(keystore.Choice{Kind: "helper:pass", From: keystore.KindKeyring}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		kind, named keystore.Kind
		bus         bool
		data        string
		want        bool
	}{
		{keystore.KindKeyring, keystore.KindAuto, true, noFile, true},
		{keystore.KindKeyring, keystore.KindAuto, true, file, false},
		{keystore.KindFile, keystore.KindAuto, false, file, true},
		{keystore.KindFile, keystore.KindAuto, true, file, false},
		{keystore.KindFile, keystore.KindFile, true, file, true},
		{keystore.KindKeyring, keystore.KindKeyring, true, file, true},
		{"helper:pass", keystore.KindAuto, true, moved, true},
	} {
		call := &fastpath.Call{Data: tt.data, HasBus: tt.bus}
		if got := foreseeable(tt.kind, call, tt.named); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}
