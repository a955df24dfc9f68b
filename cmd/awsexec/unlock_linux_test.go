package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
	"github.com/awsexec/awsexec/processfmt"
)

// holding lets the kernel hold keys for this world, until the test ends. The test is skipped where it does not.
func (w *world) holding() {
	w.t.Helper()
	const name = "test of awsexec"
	err := kernelkey.Put(name, [32]byte{}, time.Minute)
	if errors.Is(err, kernelkey.ErrUnavailable) && os.Getenv("AWSEXEC_TEST_REQUIRE") != "all" {
		w.t.Skip(err)
	}
	if err := errors.Join(err, kernelkey.Drop(name)); err != nil {
		w.t.Fatal(err)
	}
	w.env["AWSEXEC_HOLD"] = "1m"
	w.t.Cleanup(func() {
		if err := keystore.Lock(keystore.Options{Dir: filepath.Join(w.home, "data", "awsexec")}); err != nil {
			w.t.Error(err)
		}
	})
}

// printed is the key id that a print gives.
func (w *world) printed(args ...string) string {
	w.t.Helper()
	c, err := processfmt.Decode(strings.NewReader(w.ok("", args...).out))
	if err != nil {
		w.t.Fatal(err)
	}
	return c.AccessKeyID
}

// While the kernel holds the sealing key, a session is handed out without the passphrase.
func TestWarmCallWithoutPassphrase(t *testing.T) {
	w := newWorld(t)
	w.holding()
	w.add("work")
	first := w.printed("-p", "work")
	delete(w.env, "AWSEXEC_PASSPHRASE")
	if again := w.printed("-p", "work"); again != first {
		t.Errorf("%s after %s", again, first)
	}
	w.env["AWSEXEC_HOLD"] = "0"
	w.refuse(exitFailed, "", []string{"-p", "work"}, "AWSEXEC_PASSPHRASE")
}

// A keystore that others have put in the place of the one whose key the kernel holds costs no session for long.
func TestKeystoreReplacedBehindOurBack(t *testing.T) {
	w := newWorld(t)
	w.holding()
	w.add("work")
	first := w.printed("-p", "work")

	other := newWorld(t)
	other.server, other.env["AWS_ENDPOINT_URL_STS"] = w.server, w.env["AWS_ENDPOINT_URL_STS"]
	other.env["XDG_CACHE_HOME"] = w.env["XDG_CACHE_HOME"]
	other.add("work")
	w.write("data/awsexec/keystore.age", other.read("data/awsexec/keystore.age"))

	// Its sessions are opened although the kernel holds another key, which does not outlive that.
	second := other.printed("-p", "work")
	if second == first {
		t.Fatal("a session sealed with another key was opened")
	}
	if got := w.printed("-p", "work"); got != second {
		t.Errorf("printed %s, want %s", got, second)
	}
	delete(w.env, "AWSEXEC_PASSPHRASE")
	if got := w.printed("-p", "work"); got != second {
		t.Errorf("printed %s, want %s", got, second)
	}
}

// While the file is unlocked, no call needs the passphrase: neither one with a session nor one that makes one.
func TestUnlock(t *testing.T) {
	w := newWorld(t)
	w.holding()
	w.refuse(exitFailed, "", []string{"unlock"}, "keystore.age does not exist yet", "hint: make it by adding a key: awsexec --keystore file add NAME")
	w.add("work")
	passphrase := w.env["AWSEXEC_PASSPHRASE"]
	if r := w.ok("", "unlock", "--for", "2h"); !strings.Contains(r.err, "keystore.age is unlocked until ") || !strings.Contains(r.err, "(in 2h0m)") {
		t.Errorf("unlock said %q", r.err)
	}
	delete(w.env, "AWSEXEC_PASSPHRASE")
	first := w.printed("-p", "work")
	if again := w.printed("-p", "work"); again != first {
		t.Errorf("%s after %s", again, first)
	}
	w.ok("", "clear")
	if again := w.printed("-p", "work"); again == first {
		t.Error("the session was not renewed")
	}
	if r := w.run("", "-p", "work", "--no-session"); r.code != 0 || !strings.Contains(r.out, aliceID) {
		t.Errorf("the long-term key: exit code %d, %q", r.code, r.err)
	}
	if r := w.ok("", "list"); !strings.Contains(r.err, "keystore.age is unlocked until ") {
		t.Errorf("list said %q", r.err)
	}
	if r := w.run("", "doctor", "-p", "work"); !strings.Contains(r.out, "keystore.age is unlocked until ") || !strings.Contains(r.out, "awsexec lock") {
		t.Errorf("doctor said\n%s", r.out)
	}
	w.refuse(exitFailed, aliceID+"\n"+aliceSecret, []string{"add", "more", "--stdin"}, "AWSEXEC_PASSPHRASE")

	if r := w.ok("", "lock"); r.err != "awsexec: the kernel holds no key of awsexec any more\n" {
		t.Errorf("lock said %q", r.err)
	}
	w.refuse(exitFailed, "", []string{"-p", "work"}, "locked: passphrase: ", "hint: set AWSEXEC_PASSPHRASE for the encrypted file, or ", "awsexec unlock")
	if r := w.ok("", "list"); r.err != "" {
		t.Errorf("list said %q", r.err)
	}
	if r := w.run("", "doctor", "-p", "work"); !strings.Contains(r.out, "keystore.age takes a passphrase") {
		t.Errorf("doctor said\n%s", r.out)
	}

	w.env["AWSEXEC_PASSPHRASE"] = ststest.Marker + "wrong"
	w.refuse(exitFailed, "", []string{"unlock"}, "wrong passphrase")
	w.env["AWSEXEC_PASSPHRASE"] = passphrase
	for _, time := range []string{"0", "soon", "25h", "-1h"} {
		w.refuse(exitUsage, "", []string{"unlock", "--for=" + time}, "--for ")
	}
	w.env["AWSEXEC_HOLD"] = "off"
	w.refuse(exitUsage, "", []string{"unlock"}, "AWSEXEC_HOLD switches off", "hint: unset AWSEXEC_HOLD")
	w.ok("", "lock")
}

// With the kernel's help a warm call costs none, unlocked or not, and on an unlocked file a cold one neither.
func TestScryptRoundsWithKernel(t *testing.T) {
	w := newWorld(t)
	w.holding()
	w.add("work")
	rounds := func(args ...string) int {
		return strings.Count(w.ok("", append(args, "--debug")...).err, "debug: scrypt: ")
	}
	if cold, warm := rounds("-p", "work"), rounds("-p", "work"); cold != 1 || warm != 0 {
		t.Errorf("locked: a cold print takes %d rounds, a warm one %d", cold, warm)
	}
	if n := rounds("unlock"); n != 1 {
		t.Errorf("unlock takes %d rounds", n)
	}
	w.ok("", "clear")
	if cold, warm := rounds("-p", "work"), rounds("-p", "work"); cold != 0 || warm != 0 {
		t.Errorf("unlocked: a cold print takes %d rounds, a warm one %d", cold, warm)
	}
}
