//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/processfmt"
)

// crash is a command to kill at every point where it could leave something half
// done, with the invariants to check. All three functions are called for each
// point, on the same home.
type crash struct {
	command
	// setup prepares an empty home for the command.
	setup func(h *home)
	// holds checks the invariants right after the kill. It may be nil.
	holds func(h *home)
	// finish does what a user would do next, and checks that everything is
	// repaired and the key works.
	finish func(h *home)
}

// crashMatrix kills c at every third point until c ends by itself, which must
// succeed; at every point with AWSEXEC_TEST_FULL=1. Before each run it empties the home's keystore, the keyring or the
// file.
//
// After each kill no secret may be in plaintext below the home, except in
// ~/.aws where setup may have put it. After finish no unfinished file may be
// left.
func crashMatrix(t *testing.T, h *home, name string, c crash) {
	t.Helper()
	h.useBinary(cheap)
	points, lost, deaths := 0, 0, 0
	step := 3 // an odd number, so that points before and after a change are met
	if os.Getenv("AWSEXEC_TEST_FULL") == "1" {
		step = 1
	}
	for at, ok := 1, true; ok; at += step {
		h.reset()
		c.setup(h)
		var r result
		var where string
		r, where, ok = h.killed(c.command, at)
		if deaths < 3 && h.keyringDied() { // this test is about other failures
			t.Logf("figure: the keyring died at point %d of %s, which is tried again", at, name)
			deaths++
			at -= step
			ok = true
			continue
		}
		if !ok {
			where = "at its end"
			if r.code != 0 {
				t.Errorf("undisturbed, %s ends with code %d:\n%s", name, r.code, r.stderr)
			}
		} else {
			points++
		}
		passed := t.Run(fmt.Sprintf("%d %s", at, where), func(t *testing.T) {
			h := h.in(t)
			noMarker(t, "the output", r.stdout+r.stderr)
			h.noPlaintext()
			if c.holds != nil {
				c.holds(h)
			}
			c.finish(h)
			h.noPlaintext()
			h.noUnfinishedFiles()
		})
		if !passed {
			lost++
		}
		if at > 1000 {
			t.Fatalf("%s does not end: the last point was %s", name, where)
		}
	}
	t.Logf("figure: crash matrix of %s: %d points, %d keys lost", name, points, lost)
}

// cheap builds a binary whose encrypted file opens quickly, for commands that
// run at hundreds of points.
var cheap = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(bin, "cheap", "awsexec")
	return path, buildAwsexec(path, "awsexec_cheap")
})

// hasty is a cheap binary that gives up waiting for another awsexec early, for
// tests that stop that one.
var hasty = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(bin, "hasty", "awsexec")
	return path, buildAwsexec(path, "awsexec_cheap,awsexec_hasty")
})

// useBinary replaces the usual binary with another one.
func (h *home) useBinary(build func() (path string, err error)) {
	h.t.Helper()
	path, err := build()
	if err != nil {
		h.t.Fatal(err)
	}
	h.awsexec = path
	h.env["PATH"] = filepath.Dir(path) + ":" + h.env["PATH"]
}

// in returns the same home for another test.
func (h *home) in(t *testing.T) *home {
	other := *h
	other.t = t
	return &other
}

// reset empties the home: its files and its keyring.
func (h *home) reset() {
	h.t.Helper()
	for _, dir := range []string{"data/awsexec", "cache/awsexec", ".aws"} {
		if err := os.RemoveAll(h.path(dir)); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := os.Mkdir(h.path(".aws"), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if h.env["AWSEXEC_KEYSTORE"] == "keyring" {
		h.removeItems()
	}
}

// noPlaintext checks that no secret is in plaintext in awsexec's files.
func (h *home) noPlaintext() {
	h.t.Helper()
	h.eachFile(func(path string) {
		if !strings.HasPrefix(path, h.path(".aws")) {
			noMarker(h.t, path, string(read(h.t, path)))
		}
	})
}

// noUnfinishedFiles checks that no temporary file of an unfinished write is left. Of
// what is known of keys there may be one until a command learns something again.
func (h *home) noUnfinishedFiles() {
	h.t.Helper()
	h.eachFile(func(path string) {
		if name := filepath.Base(path); strings.Contains(name, ".tmp-") && !strings.HasPrefix(name, ".keys-known.json.") {
			h.t.Errorf("left behind: %s", path)
		}
	})
}

// eachFile calls check for each file that awsexec may have written.
func (h *home) eachFile(check func(path string)) {
	h.t.Helper()
	for _, dir := range []string{"data/awsexec", "cache/awsexec", ".aws"} {
		err := filepath.WalkDir(h.path(dir), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				check(path)
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			h.t.Error(err)
		}
	}
}

// onBothKeystores runs test as a parallel subtest with each kind of keystore.
func onBothKeystores(t *testing.T, test func(t *testing.T, h *home, srv *ststest.Server)) {
	t.Helper()
	for keystore, newHome := range map[string]func(*testing.T, string) *home{"file": newHome, "keyring": newKeyringHome} {
		t.Run(keystore, func(t *testing.T) {
			t.Parallel()
			srv := newSTS(t)
			test(t, newHome(t, srv.URL()), srv)
		})
	}
}

// works checks that profile name has key keyID in the keystore, that list shows
// it, and that it gets a session from AWS.
func (h *home) works(srv *ststest.Server, name, keyID string) {
	h.t.Helper()
	h.run("clear") // an older session would hide that the key is lost
	h.credentials("-p", name)
	requests := srv.Requests()
	if last := requests[len(requests)-1]; last.Action != "GetSessionToken" || last.AccessKeyID != keyID {
		h.t.Errorf("the last call was %s with key %s, want GetSessionToken with %s", last.Action, last.AccessKeyID, keyID)
	}
	if got := h.listed(); got[name] != keyID {
		h.t.Errorf("list shows %v, want %q with %s", got, name, keyID)
	}
}

// keeps checks that the keystore holds key keyID under each of names, that list
// shows it, and that there are no other keys.
func (h *home) keeps(keyID string, names ...string) {
	h.t.Helper()
	want := map[string]string{}
	for _, name := range names {
		h.uses(name, keyID)
		want[name] = keyID
	}
	if got := h.listed(); !maps.Equal(got, want) {
		h.t.Errorf("list shows %v, want %v", got, want)
	}
}

// uses checks that profile name has the long-term key keyID with its secret, in
// the keystore or elsewhere.
func (h *home) uses(name, keyID string) {
	h.t.Helper()
	r := h.run("-p", name, "--no-session")
	c, err := processfmt.Decode(strings.NewReader(r.stdout))
	if err != nil {
		h.t.Fatalf("profile %q: exit code %d, stderr:\n%s", name, r.code, r.stderr)
	}
	if c.AccessKeyID != keyID || c.SecretAccessKey != map[string]string{aliceKey: aliceSecret, aliceKey2: aliceSecret2}[keyID] {
		h.t.Errorf("profile %q uses key %s, want %s with its secret", name, c.AccessKeyID, keyID)
	}
}

const aliceLines = aliceKey + "\n" + aliceSecret + "\n"

func TestCrashAdd(t *testing.T) {
	t.Parallel()
	onBothKeystores(t, func(t *testing.T, h *home, _ *ststest.Server) {
		crashMatrix(t, h, "add on "+h.env["AWSEXEC_KEYSTORE"], crash{
			command: command{args: []string{"add", "work", "--stdin"}, stdin: aliceLines},
			setup:   func(h *home) { h.config("[profile work]", "region = eu-west-1") },
			finish: func(h *home) {
				h.again("add", "work", "--stdin")
				h.keeps(aliceKey, "work")
			},
		})
	})
}

// again adds alice's key after a killed add, which may already have stored it.
func (h *home) again(args ...string) {
	h.t.Helper()
	r := h.start(command{args: args, stdin: aliceLines}).wait()
	if r.code != 0 && !strings.Contains(r.stderr, "already exists ("+masked(aliceKey)+")") {
		h.t.Fatalf("second run: exit code %d\n%s", r.code, r.stderr)
	}
}

func TestCrashAddForce(t *testing.T) {
	t.Parallel()
	onBothKeystores(t, func(t *testing.T, h *home, _ *ststest.Server) {
		replace := command{args: []string{"add", "work", "--stdin", "--force"}, stdin: aliceKey2 + "\n" + aliceSecret2 + "\n"}
		crashMatrix(t, h, "add --force on "+h.env["AWSEXEC_KEYSTORE"], crash{
			command: replace,
			setup:   func(h *home) { h.addAlice() },
			holds: func(h *home) { // the old key or the new one, and the index agrees
				keyID := h.listed()["work"]
				if keyID == "" { // the index does not know the key; the next use records it
					h.credentials("-p", "work")
					keyID = h.listed()["work"]
				}
				h.uses("work", keyID)
			},
			finish: func(h *home) {
				if r := h.start(replace).wait(); r.code != 0 {
					h.t.Fatalf("second run: exit code %d\n%s", r.code, r.stderr)
				}
				h.keeps(aliceKey2, "work")
			},
		})
	})
}

func TestCrashAddWriteConfig(t *testing.T) {
	t.Parallel()
	const before = "# mine\n[profile other]\nregion = us-east-1\n"
	onBothKeystores(t, func(t *testing.T, h *home, _ *ststest.Server) {
		crashMatrix(t, h, "add --write-config on "+h.env["AWSEXEC_KEYSTORE"], crash{
			command: command{args: []string{"add", "work", "--stdin", "--write-config"}, stdin: aliceLines},
			setup:   func(h *home) { h.write(before, ".aws", "config") },
			holds: func(h *home) {
				after := string(read(h.t, h.path(".aws", "config")))
				if after != before && !strings.HasPrefix(after, before) {
					h.t.Errorf("config is now\n%s", after)
				}
			},
			finish: func(h *home) {
				h.again("add", "work", "--stdin", "--write-config", "--force")
				after := string(read(h.t, h.path(".aws", "config")))
				want := before + "\n[profile work]\ncredential_process = " + h.awsexec + " --profile work\n"
				if after != want {
					h.t.Errorf("config is now\n%swant\n%s", after, want)
				}
				h.keeps(aliceKey, "work")
			},
		})
	})
}

func TestCrashRemove(t *testing.T) {
	t.Parallel()
	onBothKeystores(t, func(t *testing.T, h *home, _ *ststest.Server) {
		crashMatrix(t, h, "remove on "+h.env["AWSEXEC_KEYSTORE"], crash{
			command: command{args: []string{"remove", "work", "--yes"}},
			setup: func(h *home) {
				h.config("[profile work]", "region = eu-west-1", "[profile other]", "region = eu-west-1")
				h.add("work", aliceKey, aliceSecret)
				h.add("other", aliceKey2, aliceSecret2)
				h.credentials("-p", "work")
			},
			holds: func(h *home) { h.uses("other", aliceKey2) },
			finish: func(h *home) {
				if r := h.run("remove", "work", "--yes"); r.code != 0 && !strings.Contains(r.stderr, "not found") {
					h.t.Errorf("second run: exit code %d\n%s", r.code, r.stderr)
				}
				h.run("-p", "work").fails(h.t, 125, `"work"`)
				h.keeps(aliceKey2, "other")
				if files := h.sessionFiles(); len(files) != 0 {
					h.t.Errorf("sessions of the removed key are left: %v", files)
				}
			},
		})
	})
}
