package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/processfmt"
)

// holding lets the kernel hold keys for this world, until the test ends. The test is skipped where it does not.
func (w *world) holding() {
	w.t.Helper()
	name := kernelkey.StoreName("file", filepath.Join(w.home, "data", "awsexec"))
	if err := kernelkey.Put(name, [32]byte{}, time.Minute); errors.Is(err, kernelkey.ErrUnavailable) {
		if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
			w.t.Fatal(err)
		}
		w.t.Skip(err)
	}
	drop := func() {
		if err := kernelkey.Drop(name); err != nil {
			w.t.Error(err)
		}
	}
	drop()
	w.t.Cleanup(drop)
	w.env["AWSEXEC_HOLD"] = "1m"
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
