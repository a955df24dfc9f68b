//go:build linux

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// The users of the stand-in: alice, who needs no second factor, her second key,
// and bob, who has an MFA device.
const (
	account      = "123456789012"
	aliceARN     = "arn:aws:iam::123456789012:user/alice"
	aliceKey     = "AKIAIOSFODNN7EXAMPLE"
	aliceSecret  = ststest.Marker + "/alice/1+2345678901234567801"
	aliceKey2    = "AKIAIOSFODNN7EXAMPL2"
	aliceSecret2 = ststest.Marker + "/alice/2+2345678901234567801"
	bobARN       = "arn:aws:iam::123456789012:user/bob"
	bobKey       = "AKIAIOSFODNN7BOBBOB1"
	bobSecret    = ststest.Marker + "/bob/+++12345678901234567801"
	bobMFA       = "arn:aws:iam::123456789012:mfa/bob"
	bobSeed      = "seed of bob's device"

	// passphrase opens the encrypted file.
	passphrase = ststest.Marker + " of the file"
)

// newSTS starts a stand-in for one test.
func newSTS(t *testing.T) *ststest.Server {
	t.Helper()
	return newSTSWith(t, ststest.Config{})
}

// newSTSWith is like newSTS with more than the users in conf.
func newSTSWith(t *testing.T, conf ststest.Config) *ststest.Server {
	t.Helper()
	conf.Users = []ststest.User{
		{Account: account, Name: "alice", AccessKeyID: aliceKey, SecretAccessKey: aliceSecret},
		{Account: account, Name: "bob", AccessKeyID: bobKey, SecretAccessKey: bobSecret, MFASerial: bobMFA, MFASecret: []byte(bobSeed)},
	}
	srv, err := ststest.Start(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	if err := srv.AddKey(aliceARN, aliceKey2, aliceSecret2); err != nil {
		t.Fatal(err)
	}
	return srv
}

// bobCode returns the code that bob's device shows now.
func bobCode() string { return codeAt(time.Now()) }

// codeAt returns the code that bob's device shows at t.
func codeAt(t time.Time) string { return ststest.TOTP([]byte(bobSeed), t) }

// addAlice puts alice's key into the keystore as profile work, and the profile
// into the config file.
func (h *home) addAlice() {
	h.t.Helper()
	h.config("[profile work]", "region = eu-west-1")
	h.add("work", aliceKey, aliceSecret)
}

// addBob puts bob's key into the keystore as profile mfa. The lines are added
// to his profile.
func (h *home) addBob(lines ...string) {
	h.t.Helper()
	h.config(append([]string{"[profile mfa]", "region = eu-west-1", "mfa_serial = " + bobMFA}, lines...)...)
	h.add("mfa", bobKey, bobSecret)
}

// add stores a key.
func (h *home) add(name, keyID, secret string, flags ...string) {
	h.t.Helper()
	args := append([]string{"add", name, "--stdin", "--no-verify"}, flags...)
	if r := h.start(command{args: args, stdin: keyID + "\n" + secret + "\n"}).wait(); r.code != 0 {
		h.t.Fatalf("add %s: exit code %d, stderr:\n%s", name, r.code, r.stderr)
	}
}

// isAliceWithSession checks that a client succeeded, that its identity is
// alice, and that it used a session.
func isAliceWithSession(t *testing.T, srv *ststest.Server, r result) {
	t.Helper()
	if r.code != 0 || strings.TrimSpace(r.stdout) != aliceARN {
		t.Fatalf("exit code %d, is %q, want %s; stderr:\n%s", r.code, strings.TrimSpace(r.stdout), aliceARN, r.stderr)
	}
	for _, req := range slices.Backward(srv.Requests()) {
		if req.Action == "GetCallerIdentity" {
			if !strings.HasPrefix(req.AccessKeyID, "ASIA") {
				t.Errorf("the client used key %s, want a session", req.AccessKeyID)
			}
			return
		}
	}
	t.Error("the stand-in received no call")
}
