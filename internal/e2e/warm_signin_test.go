//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

// Credentials of a sign-in are answered with a ticket too, while its portal is down,
// until somebody signs out.
func TestWarmSignIn(t *testing.T) {
	t.Parallel()
	srv := newSTSWith(t, ststest.Config{Roles: rolesOfAWS})
	w := &world{home: newKeyringHome(t, srv.URL()), srv: srv}
	w.holding("keyring")
	portal := w.portal("corp")
	w.config(append([]string{"[profile role]", "role_arn = " + roleOne, "source_profile = sso"}, ssoProfile...)...)
	for _, args := range [][]string{{"-p", "sso"}, {"-p", "role"}, {"-p", "sso", "--", "env", "-0"}} {
		if !w.same(nil, args) {
			t.Errorf("%q: no ticket", args)
		}
	}
	portal.Close()
	w.same(nil, []string{"-p", "sso"})

	files, err := filepath.Glob(filepath.Join(w.dir, ".aws", "sso", "cache", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	w.must(os.Remove(files[0]))
	for _, profile := range []string{"sso", "role"} {
		if o, warm := w.call(withTickets, nil, []string{"-p", profile}); warm || o.code == 0 {
			t.Errorf("%s: warm %v, exit code %d after signing out", profile, warm, o.code)
		}
	}
}
