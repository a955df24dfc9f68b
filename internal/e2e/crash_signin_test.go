//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/internal/tokens"
)

// Wherever login --adopt is killed, the tokens are left in the plain file or in a sealed
// one. Once it is typed again nothing is left in plaintext, and the sign-in works.
func TestCrashAdopt(t *testing.T) {
	t.Parallel()
	srv := newSTSWith(t, ststest.Config{Roles: rolesOfAWS})
	w := &world{home: newHome(t, srv.URL()), srv: srv}
	sso := w.portal("corp")
	w.set("AWS_ENDPOINT_URL_SSO_OIDC=" + sso.URL())
	registration := filepath.Base(tokens.CLIRegistrations(w.dir, "corp", startURL, "eu-west-1", nil)[0])
	adopt := command{args: []string{"login", "sso", "--adopt"}}
	crashMatrix(t, w.home, "login --adopt", crash{
		command: adopt,
		setup: func(h *home) {
			h.addAlice() // makes the sealing key
			login := awstest.Login{Session: "corp", StartURL: startURL, Region: "eu-west-1", AccessToken: accessToken, Expires: time.Now().Add(time.Hour)}
			if _, err := login.Save(h.dir); err != nil {
				h.t.Fatal(err)
			}
			h.write(`{"clientId": "x", "clientSecret": "`+ststest.Marker+`", "expiresAt": "2126-01-01T00:00:00Z"}`, ".aws/sso/cache", registration)
			h.config(ssoProfile...)
		},
		holds: func(h *home) { h.credentials("-p", "sso") },
		finish: func(h *home) {
			if r := h.start(adopt).wait(); r.code != 0 && !strings.Contains(r.stderr, "nobody has signed in") {
				h.t.Fatalf("exit code %d\n%s", r.code, r.stderr)
			}
			if left, err := os.ReadDir(h.path(".aws/sso/cache")); err != nil || len(left) > 0 {
				h.t.Errorf("left in plaintext: %v, %v", left, err)
			}
			h.credentials("-p", "sso")
		},
	})
}
