//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

// Each mistake of a user has an error that names the problem and the place, and
// the exit code of its kind.
func TestBadInput(t *testing.T) {
	t.Parallel()
	h := newKeyringHome(t, newSTS(t).URL())
	h.addAlice()
	const good = "[profile work]\nregion = eu-west-1\n"
	tests := []struct {
		name   string
		config string // default: good
		command
		code int
		say  []string
	}{
		{"unknown profile", "", command{args: []string{"-p", "wrok"}}, 125, []string{`"wrok"`, `"work"`, "awsexec: hint: "}},
		{"unknown profile from the environment", "", command{env: []string{"AWS_PROFILE=wrok"}}, 125, []string{`"wrok"`, `"work"`}},
		{"unknown profile for a child", "", command{args: []string{"-p", "wrok", "--", "true"}}, 125, []string{`"wrok"`}},
		{"profile without a key", "[profile empty]\nregion = eu-west-1\n", command{args: []string{"-p", "empty"}}, 125, []string{`"empty"`, "awsexec add empty"}},
		{"unknown word", "", command{args: []string{"terraform"}}, 2, []string{`"terraform"`, "awsexec -- terraform"}},
		{"unknown flag", "", command{args: []string{"--profil", "work"}}, 2, []string{"--profil"}},
		{"flag without value", "", command{args: []string{"-p"}}, 2, []string{"--profile"}},
		{"nothing after --", "", command{args: []string{"-p", "work", "--"}}, 2, []string{"--", "CMD"}},
		{"empty word after --", "", command{args: []string{"-p", "work", "--", ""}}, 2, []string{"--"}},
		{"command and child", "", command{args: []string{"list", "--", "true"}}, 2, []string{"--"}},
		{"line that is not a setting", good + "what is this\n", command{args: []string{"-p", "work"}}, 125, []string{"config:3"}},
		{"unclosed section", good + "[profile x\n", command{args: []string{"-p", "work"}}, 125, []string{"config:3"}},
		{"duplicate section", good + "[profile work]\n", command{args: []string{"-p", "work"}}, 125, []string{"config:3", "work"}},
		{"empty credential_process", good + "credential_process =\n", command{args: []string{"-p", "work"}}, 125, []string{"config:3", "credential_process"}},
		{"duration too short", "", command{args: []string{"-p", "work", "--duration", "5m"}}, 2, []string{"900", "129600"}},
		{"duration too long", "", command{args: []string{"-p", "work", "--duration", "129601"}}, 2, []string{"900", "129600"}},
		{"duration from the environment", "", command{args: []string{"-p", "work"}, env: []string{"AWSEXEC_DURATION=37h"}}, 2, []string{"900", "129600"}},
		{"duration in the profile", good + "duration_seconds = 5\n", command{args: []string{"-p", "work"}}, 125, []string{"900", "129600", "duration_seconds"}},
		{"invalid duration", "", command{args: []string{"-p", "work", "--duration", "soon"}}, 2, []string{"--duration", "soon"}},
		{"unknown keystore", "", command{args: []string{"-p", "work", "--keystore", "drawer"}}, 2, []string{"drawer", "keyring"}},
		{"unreachable STS", "", command{args: []string{"-p", "work"}, env: []string{"AWS_ENDPOINT_URL_STS=http://127.0.0.1:1"}}, 125, []string{"127.0.0.1:1"}},
		{"unusable endpoint", "", command{args: []string{"-p", "work"}, env: []string{"AWS_ENDPOINT_URL_STS=nonsense"}}, 125, []string{"nonsense"}},
		{"missing CA bundle", "", command{args: []string{"-p", "work"}, env: []string{"AWS_CA_BUNDLE=/no/such/bundle"}}, 125, []string{"/no/such/bundle"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.config == "" {
				tt.config = good
			}
			h.config(strings.TrimSuffix(tt.config, "\n"))
			r := h.start(tt.command).wait()
			r.fails(t, tt.code, tt.say...)
			if n := strings.Count(r.stderr, "\n"); n > 5 {
				t.Errorf("%d lines:\n%s", n, r.stderr)
			}
		})
	}
}

// An error of AWS is quoted, with a hint, and no session is stored.
func TestErrorsOfSTS(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	tests := []struct {
		name  string
		times int
		fault ststest.Fault
		say   []string
	}{
		{"ExpiredToken", 1, ststest.ExpiredToken(), []string{"ExpiredToken"}},
		{"InvalidClientTokenId", 1, ststest.InvalidClientTokenID(), []string{"InvalidClientTokenId", "awsexec add work --force"}},
		{"SignatureDoesNotMatch", 1, ststest.SignatureDoesNotMatch(), []string{"SignatureDoesNotMatch", "awsexec add work --force"}},
		{"RegionDisabledException", 1, ststest.RegionDisabledException(), []string{"RegionDisabledException", "--region"}},
		{"AccessDenied", 1, ststest.AccessDenied("not authorized to perform: sts:GetSessionToken"), []string{"AccessDenied", "sts:GetSessionToken"}},
		{"session credentials", 1, ststest.AccessDenied("Cannot call GetSessionToken with session credentials"), []string{"long-term"}},
		{"ValidationError", 1, ststest.ValidationError("1 validation error detected"), []string{"ValidationError"}},
		{"Throttling", 3, ststest.Throttling(), []string{"Throttling", "Rate exceeded"}},
		{"InternalFailure", 3, ststest.InternalFailure(), []string{"InternalFailure"}},
		{"connection dropped", 3, ststest.ConnectionDropped(), []string{"127.0.0.1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := srv.Calls("GetSessionToken")
			srv.Fail("GetSessionToken", tt.times, tt.fault)
			r := h.run("-p", "work", "--debug")
			r.fails(t, 125, tt.say...)
			noMarker(t, "stderr", r.stderr)
			if n := srv.Calls("GetSessionToken") - before; n != tt.times {
				t.Errorf("%d calls, want %d", n, tt.times)
			}
			if files := h.sessionFiles(); len(files) != 0 {
				t.Errorf("sessions: %v", files)
			}
		})
	}
	srv.Fail("GetSessionToken", 2, ststest.Throttling())
	h.credentials("-p", "work") // the next call tries again
}

// With stdin closed and no terminal, no command waits for an answer.
func TestPromptsEndOnEOF(t *testing.T) {
	t.Parallel()
	h := newKeyringHome(t, newSTS(t).URL())
	h.addAlice()
	for _, args := range [][]string{{"add", "new"}, {"remove", "work"}, {"add", "new", "--stdin"}} {
		h.run(args...).fails(t, 125)
	}
	h.env["AWSEXEC_KEYSTORE"] = "file"
	h.run("-p", "work", "--keystore", "file").fails(t, 125)
	h.start(command{args: []string{"add", "new", "--stdin", "--no-verify"}, stdin: aliceKey + "\n" + aliceSecret + "\n"}).wait().
		fails(t, 125, "AWSEXEC_PASSPHRASE")
	h.env["AWSEXEC_KEYSTORE"] = "keyring"
	h.credentials("-p", "work") // nothing has changed
}
