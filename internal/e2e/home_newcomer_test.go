//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/awsexec/awsexec/internal/ststest"
)

// newcomer is an IAM user with one access key that only one test knows.
type newcomer struct{ name, arn, keyID, secret, mfa string }

var newcomers atomic.Int64

// newcomer creates a user, with bob's kind of MFA device if mfa is true.
func (h *home) newcomer(srv *ststest.Server, mfa bool) newcomer {
	h.t.Helper()
	n := newcomers.Add(1)
	u := newcomer{
		name:   fmt.Sprintf("carol%d", n),
		keyID:  fmt.Sprintf("AKIAIOSFODCAROL%05d", n),
		secret: fmt.Sprintf("%s/carol/++%019d", ststest.Marker, n),
	}
	user := ststest.User{Account: account, Name: u.name, AccessKeyID: u.keyID, SecretAccessKey: u.secret}
	if mfa {
		u.mfa = "arn:aws:iam::" + account + ":mfa/" + u.name
		user.MFASerial, user.MFASecret = u.mfa, []byte(bobSeed)
	}
	u.arn = user.ARN()
	if err := srv.AddUser(user); err != nil {
		h.t.Fatal(err)
	}
	return u
}

// isOnlyKeyOf checks that profile name has the only key that u has at AWS, that
// the key is active, and returns its ID.
func (h *home) isOnlyKeyOf(srv *ststest.Server, name string, u newcomer) string {
	h.t.Helper()
	keys := srv.AccessKeys(u.arn)
	ids := slices.Collect(maps.Keys(keys))
	if len(ids) != 1 || !keys[ids[0]] {
		h.t.Fatalf("the keys at AWS are %v, want one active key", keys)
	}
	h.is(name, u)
	r := h.run("list")
	row := regexp.MustCompile(`(?m)^` + name + ` .* ` + masked(ids[0]) + ` `)
	if r.code != 0 || !row.MatchString(r.stdout) || r.stderr != "" {
		h.t.Errorf("list: exit code %d, want only %q and %s:\n%s%s", r.code, name, masked(ids[0]), r.stdout, r.stderr)
	}
	return ids[0]
}

// is checks that the key of profile name belongs to u and works. This needs no
// MFA code.
func (h *home) is(name string, u newcomer) {
	h.t.Helper()
	r := h.run("whoami", "-p", name, "--no-session", "--unmasked", "--json")
	if r.code != 0 || !strings.Contains(r.stdout, `"`+u.arn+`"`) {
		h.t.Errorf("whoami: exit code %d, want %s\n%s%s", r.code, u.arn, r.stdout, r.stderr)
	}
}
