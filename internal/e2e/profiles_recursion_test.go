//go:build linux

package e2e

import (
	"os"
	"strings"
	"testing"
	"time"
)

// counter puts an awsexec first on the PATH that counts its runs, and returns
// its path.
func (w *world) counter(dir string) string {
	w.t.Helper()
	path := w.write("#!/bin/sh\necho run >>"+w.path("runs")+"\nexec "+bin+"/awsexec \"$@\"\n", dir, "awsexec")
	w.must(os.Chmod(path, 0o700))
	w.set("PATH=" + w.path(dir) + ":" + w.env["PATH"])
	return path
}

// recursion checks profiles whose credentials come from awsexec. They are
// resolved in one process. If another program hides the recursion, the first
// process that notices it fails with an error that shows the circle.
func (m machine) recursion(t *testing.T) {
	work := []string{"-p", "work"}
	for _, tt := range []struct {
		name    string
		arrange func(w *world)
		args    []string
		arn     string   // "" is an error
		says    []string // parts of the error
		runs    int      // runs of awsexec, without the one that the test starts
	}{
		{"itself", func(w *world) { w.config("[profile work]", "credential_process = "+w.counter("bin")+" --profile work") }, work, aliceARN, nil, 0},
		{"itself, from the PATH, no profile named", func(w *world) {
			w.counter("bin")
			w.config("[default]", "credential_process = awsexec")
		}, nil, aliceARN, nil, 0},
		{"itself, without a key", func(w *world) {
			w.counter("bin")
			w.config("[profile none]", "credential_process = awsexec -p none")
		}, []string{"-p", "none"}, "", []string{`profile "none"`, "no access key"}, 0},
		{"itself, by an inherited AWS_PROFILE", func(w *world) {
			w.counter("bin")
			w.config("[profile none]", "credential_process = awsexec")
			w.set("AWS_PROFILE=none")
		}, nil, "", []string{`profile "none"`, "no access key"}, 0},
		{"as source_profile", func(w *world) {
			w.counter("bin")
			w.config("[profile role]", "role_arn = "+roleOne, "source_profile = work", "[profile work]", "credential_process = awsexec --profile work")
		}, asRole, session(roleOne, "awsexec"), nil, 0},
		{"by a shell", func(w *world) {
			w.counter("bin")
			w.config("[profile none]", `credential_process = sh -c "awsexec -p none"`)
		}, []string{"-p", "none"}, "", []string{"none → none"}, 1},
		{"by a shell, of a profile with a key", func(w *world) {
			w.counter("bin")
			w.config("[profile outer]", `credential_process = sh -c "awsexec -p work"`, "[profile work]")
		}, []string{"-p", "outer"}, aliceARN, nil, 1},
		{"by a script of another name", func(w *world) {
			w.counter("bin")
			script := w.write("#!/bin/sh\nexec awsexec \"$@\"\n", "wrapper.sh")
			w.must(os.Chmod(script, 0o700))
			w.config("[profile none]", "credential_process = "+script+" --profile none")
		}, []string{"-p", "none"}, "", []string{"none → none"}, 1},
		{"by a shell and an inherited AWS_PROFILE", func(w *world) {
			w.counter("bin")
			w.config("[profile none]", `credential_process = sh -c "awsexec"`)
			w.set("AWS_PROFILE=none")
		}, nil, "", []string{"none → none"}, 1},
		{"by a shell, through source_profile", func(w *world) {
			w.counter("bin")
			w.config("[profile role]", "role_arn = "+roleOne, "source_profile = base", "[profile base]", `credential_process = sh -c "awsexec -p role"`)
		}, asRole, "", []string{"base → role → base"}, 1},
		{"through two shells", func(w *world) {
			w.counter("bin")
			w.config("[profile a]", `credential_process = sh -c "awsexec -p b"`, "[profile b]", `credential_process = sh -c "awsexec -p a"`)
		}, []string{"-p", "a"}, "", []string{"a → b → a"}, 2},
		{"by an mfa_process", func(w *world) {
			w.counter("bin")
			w.config("[profile mfa]", "mfa_serial = "+bobMFA, "mfa_process = awsexec -p mfa")
		}, []string{"-p", "mfa"}, "", []string{"mfa → mfa"}, 1},
		{"by a program that asks an SDK", func(w *world) {
			w.counter("bin")
			w.config("[profile none]", `credential_process = sh -c "AWS_PROFILE=inner probe whoami"`, "[profile inner]", "credential_process = awsexec -p none")
		}, []string{"-p", "none"}, "", []string{"none → none"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := m.newWorld(t)
			tt.arrange(w)
			if tt.arn != "" {
				w.is(tt.arn, tt.args...)
			} else {
				r := w.run(tt.args...)
				r.fails(t, 125, tt.says...)
				if r.took > 20*time.Second {
					t.Errorf("it took %v", r.took)
				}
			}
			if n := w.runs(); n != tt.runs {
				t.Errorf("awsexec was run %d more times, want %d", n, tt.runs)
			}
		})
	}

	t.Run("a child may start over", func(t *testing.T) {
		t.Parallel()
		w := m.newWorld(t)
		w.config("[profile work]", "credential_process = awsexec -p work", "[profile role]", "role_arn = "+roleOne, "source_profile = work")
		r := w.run("-p", "work", "--", "awsexec", "-p", "work", "--", "awsexec", "-p", "role", "--", "sh", "-c", "probe whoami; echo $AWSEXEC_PROFILE $AWSEXEC_CHAIN")
		if want := session(roleOne, "awsexec") + "\nrole\n"; r.stdout != want {
			t.Errorf("the innermost child sees %q, want %q; stderr:\n%s", r.stdout, want, r.stderr)
		}
		// Without a profile of its own, the inner awsexec passes on the
		// credentials that it received, which cannot call GetSessionToken.
		r = w.run("-p", "role", "--", "awsexec", "--", "probe", "whoami")
		if strings.TrimSpace(r.stdout) != session(roleOne, "awsexec") {
			t.Errorf("the inner child is %q; stderr:\n%s", r.stdout, r.stderr)
		}
		w.called(1, 1)
	})
}
