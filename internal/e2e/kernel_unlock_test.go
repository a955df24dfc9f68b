//go:build linux

package e2e

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/kernelkey"
)

// kernelHolds lets the kernel hold keys for this home until the test ends. It
// skips the test if the kernel cannot.
func (h *home) kernelHolds() {
	h.t.Helper()
	const name = "test of awsexec"
	if err := kernelkey.Put(name, nil, time.Minute); errors.Is(err, kernelkey.ErrUnavailable) {
		missing(h.t, "a kernel that holds keys: %v", err)
	} else if err != nil {
		h.t.Fatal(err)
	}
	if err := kernelkey.Drop(name); err != nil {
		h.t.Fatal(err)
	}
	h.env["AWSEXEC_HOLD"] = "5m"
	h.t.Cleanup(func() { h.run("lock") })
}

// succeeds runs awsexec, which must succeed.
func (h *home) succeeds(args ...string) result {
	h.t.Helper()
	r := h.run(args...)
	if r.code != 0 {
		h.t.Fatalf("%s: exit code %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r
}

// The user types the passphrase on the terminal, wrong at the first attempt.
// After that AWS clients run and renew without it, until lock.
func TestUnlock(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	h.useBinary(cheap)
	h.kernelHolds()
	h.addAlice()
	delete(h.env, "AWSEXEC_PASSPHRASE")

	tm := h.onTerminal(true, h.awsexec, "unlock", "--for", "1h")
	for _, typed := range []string{"wrong", passphrase} {
		tm.expect("awsexec: keystore passphrase: ")
		tm.send(typed + "\n")
	}
	if r := tm.end(); r.code != 0 || !strings.Contains(r.stderr, "try again") || !strings.Contains(r.stderr, "is unlocked until ") {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	first := h.credentials("-p", "work")
	if again := h.credentials("-p", "work"); again.AccessKeyID != first.AccessKeyID {
		t.Error("the session was not found in the cache")
	}
	h.succeeds("clear")
	isAliceWithSession(t, srv, h.run("-p", "work", "--", "probe", "whoami"))
	noMarkerInFiles(t, h.dir)

	h.succeeds("lock")
	h.run("-p", "work").fails(t, 125, "awsexec unlock")
	tm = h.onTerminal(true, h.awsexec, "unlock")
	for range 3 {
		tm.expect("awsexec: keystore passphrase: ")
		tm.send("wrong\n")
	}
	if r := tm.end(); r.code != 125 || !strings.Contains(r.stderr, "wrong passphrase") {
		t.Errorf("three wrong passphrases: exit code %d\n%s", r.code, r.stderr)
	}
	h.run("-p", "work").fails(t, 125, "AWSEXEC_PASSPHRASE")
}

// The passphrase command asks for the old passphrase once and for the new one
// twice.
func TestPassphraseOnTerminal(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	h.useBinary(cheap)
	h.addAlice()
	delete(h.env, "AWSEXEC_PASSPHRASE")
	const fresh = "new keystore passphrase (it cannot be recovered): "
	change := func(typed ...string) result {
		tm := h.onTerminal(true, h.awsexec, "passphrase")
		for i := range typed {
			prompt := "keystore passphrase: "
			switch {
			case i > 0 && i%2 == 0:
				prompt = "the same passphrase again: "
			case i == 1:
				prompt = fresh
			case i > 1:
				prompt = "the two passphrases differ; " + fresh
			}
			tm.expect("awsexec: " + prompt)
			if tm.echo() {
				t.Error("the passphrase is echoed")
			}
			tm.send(typed[i] + "\n")
		}
		r := tm.end()
		noMarker(t, "the terminal", tm.shown()+r.stdout+r.stderr)
		return r
	}
	other := otherPassphrase
	if r := change(passphrase, other, "mistyped", other, "mistyped", other, "mistyped"); r.code != 125 || !strings.Contains(r.stderr, "differ") {
		t.Errorf("two different passphrases: exit code %d\n%s", r.code, r.stderr)
	}
	if r := change(passphrase, other, "mistyped", other, other); r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	h.env["AWSEXEC_PASSPHRASE"] = passphrase
	h.run("-p", "work").fails(t, 125, "wrong passphrase")
	h.env["AWSEXEC_PASSPHRASE"] = otherPassphrase
	isAliceWithSession(t, srv, h.run("-p", "work", "--", "probe", "whoami"))
}

// Without a keyring, add asks the user whether to create the encrypted file.
// Later commands find the file.
func TestAddOffersFile(t *testing.T) {
	t.Parallel()
	for _, bus := range []string{"none", "without keyring"} {
		t.Run("bus "+bus, func(t *testing.T) {
			t.Parallel()
			srv := newSTS(t)
			h := newHome(t, srv.URL())
			h.useBinary(cheap)
			h.config("[profile work]", "region = eu-west-1")
			delete(h.env, "AWSEXEC_KEYSTORE")
			delete(h.env, "AWSEXEC_PASSPHRASE")
			h.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + h.path("run", "gone")
			if bus != "none" {
				startBus(h)
			}
			file := h.path("data", "awsexec", "keystore.age")
			for _, answer := range []string{"", "n", "\x04"} {
				tm := h.onTerminal(true, h.awsexec, "add", "work")
				tm.expect("encrypted with a passphrase, under ~/data/awsexec? [y/N] ")
				if strings.HasPrefix(answer, "\x04") {
					tm.send(answer)
				} else {
					tm.send(answer + "\n")
				}
				if r := tm.end(); r.code != 125 {
					t.Errorf("answer %q: exit code %d\n%s", answer, r.code, r.stderr)
				}
				if _, err := os.Stat(file); err == nil {
					t.Fatalf("answer %q created a file", answer)
				}
			}
			tm := h.onTerminal(true, h.awsexec, "add", "work")
			for _, step := range [][2]string{
				{"? [y/N] ", "y"}, {"access key id: ", aliceKey}, {"secret access key: ", aliceSecret}, {"? [Y/n] ", "n"},
				{"new keystore passphrase (it cannot be recovered): ", passphrase}, {"the same passphrase again: ", passphrase},
			} {
				tm.expect(step[0])
				tm.send(step[1] + "\n")
			}
			if r := tm.end(); r.code != 0 {
				t.Fatalf("exit code %d\n%s", r.code, r.stderr)
			}
			noMarker(t, "the terminal", tm.shown())
			h.env["AWSEXEC_PASSPHRASE"] = passphrase
			isAliceWithSession(t, srv, h.run("-p", "work", "--", "probe", "whoami"))

			// A second key goes into the same file, without a question.
			h.add("other", aliceKey2, aliceSecret2)
		})
	}
}

// Add does not offer the file when the keyring is locked, when the user has
// chosen a keystore, with --no-prompt, or without a terminal.
func TestAddOffersNoFile(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	delete(h.env, "AWSEXEC_KEYSTORE")
	delete(h.env, "AWSEXEC_PASSPHRASE")
	h.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + h.path("run", "gone")
	for name, args := range map[string][]string{
		"keyring chosen": {"--keystore", "keyring", "add", "work"},
		"no prompts":     {"--no-prompt", "add", "work"},
	} {
		tm := h.onTerminal(true, append([]string{h.awsexec}, args...)...)
		if r := tm.end(); r.code != 125 || !strings.Contains(r.stderr, "--keystore file add") || strings.Contains(tm.shown(), "[y/N]") {
			t.Errorf("%s: exit code %d\n%s%s", name, r.code, r.stderr, tm.shown())
		}
	}
	h.run("add", "work").fails(t, 125, "--keystore file add")
}

// After the keyring has died, sessions are available through the kernel: for a
// while by default, for as long as unlock was asked for, and never after lock.
func TestSessionsWithoutKeyring(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	h.kernelHolds()
	delete(h.env, "AWSEXEC_PASSPHRASE")
	h.env["AWSEXEC_KEYSTORE"] = "keyring"
	bus := startBus(h)
	requirePart(t, bus.StartKeyring("login password"))
	h.addAlice()
	first := h.credentials("-p", "work")
	if r := h.succeeds("unlock", "--for", "1h"); !strings.Contains(r.stderr, "cached sessions can be used until ") {
		t.Errorf("unlock prints\n%s", r.stderr)
	}
	if err := syscall.Kill(bus.PIDs()[1], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if again := h.credentials("-p", "work"); again.AccessKeyID != first.AccessKeyID {
		t.Error("got another session")
	}
	h.start(command{args: []string{"-p", "work"}, env: []string{"AWSEXEC_HOLD=off"}}).wait().fails(t, 125, "the OS keyring")
	h.succeeds("lock")
	h.run("-p", "work").fails(t, 125, "the OS keyring")
}
