//go:build linux

package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// oneSource checks that the roles of one source share its session and its MFA
// code, and nothing else.
func (m machine) oneSource(t *testing.T) {
	t.Run("one code for three roles", func(t *testing.T) {
		t.Parallel()
		w := m.newWorld(t)
		w.config("[profile mfa]", "mfa_serial = "+bobMFA, "mfa_process = probe totp "+w.path("asked"),
			"[profile one]", "role_arn = "+roleOne, "source_profile = mfa",
			"[profile two]", "role_arn = "+roleTwo, "source_profile = one",
			"[profile three]", "role_arn = "+roleMFA, "source_profile = mfa", "mfa_serial = "+bobMFA)
		for _, p := range [][2]string{{"one", roleOne}, {"two", roleTwo}, {"three", roleMFA}, {"one", roleOne}} {
			w.is(session(p[1], "awsexec"), "-p", p[0])
		}
		w.is(bobARN, "-p", "mfa")
		if asked, _ := os.ReadFile(w.path("asked")); string(asked) != "asked\n" {
			t.Errorf("a code was asked for %d times", strings.Count(string(asked), "\n"))
		}
		w.called(1, 3)
	})

	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		w := m.newWorld(t)
		w.config("[profile mfa]", "mfa_serial = "+bobMFA, "mfa_process = probe totp "+w.path("asked"),
			"[profile a]", "role_arn = "+roleOne, "source_profile = mfa", "role_session_name = aa",
			"[profile b]", "role_arn = "+roleOne, "source_profile = mfa", "role_session_name = bb",
			"[profile c]", "role_arn = "+roleMFA, "source_profile = mfa", "role_session_name = cc")
		var started []*process
		for _, name := range []string{"a", "b", "c"} {
			started = append(started, w.start(command{args: []string{"-p", name, "--", "probe", "whoami"}}))
		}
		for i, want := range []string{session(roleOne, "aa"), session(roleOne, "bb"), session(roleMFA, "cc")} {
			if r := started[i].wait(); strings.TrimSpace(r.stdout) != want {
				t.Errorf("is %q, want %s; stderr:\n%s", r.stdout, want, r.stderr)
			}
		}
		if asked, _ := os.ReadFile(w.path("asked")); string(asked) != "asked\n" {
			t.Errorf("a code was asked for %d times", strings.Count(string(asked), "\n"))
		}
		w.called(1, 3)
	})

	t.Run("a changed role gets another session", func(t *testing.T) {
		t.Parallel()
		w := m.newWorld(t)
		base := []string{"role_arn = " + roleOne, "role_session_name = job", "external_id = ext", "session_tags = team=blue,cost=1",
			"transitive_session_tags = team", "source_identity = alice", "duration_seconds = 3600"}
		ofWork(base...)(w)
		keys := map[string]string{w.credentials(asRole...).AccessKeyID: "the first"}
		if again := w.credentials(asRole...).AccessKeyID; keys[again] == "" {
			t.Error("the same profile got another session")
		}
		for i, change := range []string{
			"role_arn = " + strings.Replace(roleOne, "one", "other", 1),
			"role_session_name = job2", "external_id = ext2", "session_tags = team=red,cost=1", "session_tags = team=blue",
			"transitive_session_tags = team,cost", "transitive_session_tags =", "source_identity = bob", "duration_seconds = 1800",
		} {
			key, _, _ := strings.Cut(change, " =")
			lines := slices.DeleteFunc(slices.Clone(base), func(line string) bool { return strings.HasPrefix(line, key+" =") })
			ofWork(append(lines, change)...)(w)
			if i == 0 { // a missing role, which must not get the session of the existing one
				w.run(asRole...).fails(t, 125, "AccessDenied")
				continue
			}
			got := w.credentials(asRole...).AccessKeyID
			if was := keys[got]; was != "" {
				t.Errorf("%s: got the session of %s", change, was)
			}
			keys[got] = change
		}
		ofWork(base...)(w)
		if keys[w.credentials(asRole...).AccessKeyID] != "the first" {
			t.Error("the restored profile did not get its session back")
		}
	})

	t.Run("with MFA and without", func(t *testing.T) {
		t.Parallel()
		w := m.newWorld(t)
		role := []string{"[profile role]", "role_arn = " + roleMFA, "source_profile = mfa"}
		w.config(append(role, "[profile mfa]")...)
		w.run(asRole...).fails(t, 125, "AccessDenied")
		w.config(append(role, "[profile mfa]", "mfa_serial = "+bobMFA, "mfa_process = probe totp "+w.path("asked"))...)
		w.is(session(roleMFA, "awsexec"), asRole...)
		if n := w.srv.Calls("GetSessionToken"); n != 2 {
			t.Errorf("%d sessions, want one without MFA and one with", n)
		}
	})
}

// is checks the identity that a child of awsexec has at AWS.
func (w *world) is(arn string, args ...string) {
	w.t.Helper()
	r := w.run(slices.Concat(args, []string{"--", "probe", "whoami"})...)
	if got := strings.TrimSpace(r.stdout); r.code != 0 || got != arn {
		w.t.Errorf("awsexec %q: exit code %d, is %q, want %s; stderr:\n%s", args, r.code, got, arn, r.stderr)
	}
}
