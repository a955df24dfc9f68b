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

// crash is a command that is killed at every point where it could leave something half done, and what must hold then. All three functions
// are called for each point, on the same home.
type crash struct {
	command
	// setup brings an empty home to where the command starts.
	setup func(h *home)
	// holds checks what may never be otherwise, right after the kill; it may be nil.
	holds func(h *home)
	// finish does what a user would do next, and checks that this mends everything and the key works.
	finish func(h *home)
}

// crashMatrix kills c at every point until it ends by itself, which must succeed. The home's keystore, keyring or file, is emptied before each.
//
// After each point no secret may be in clear below the home but in ~/.aws, where c's setup may have put it, and after finish no
// file of a half-done write may be left.
func crashMatrix(t *testing.T, h *home, name string, c crash) {
	t.Helper()
	h.useCheapBinary()
	points, lost, deaths := 0, 0, 0
	for at, ok := 1, true; ok; at++ {
		h.reset()
		c.setup(h)
		var r result
		var where string
		r, where, ok = h.killed(c.command, at)
		if deaths < 3 && h.keyringDied() { // that is not what this is about
			t.Logf("figure: the keyring died at point %d of %s, which is tried again", at, name)
			deaths++
			at--
			ok = true
			continue
		}
		if !ok {
			where = "at its end"
			if r.code != 0 {
				t.Errorf("left alone, %s ends with code %d:\n%s", name, r.code, r.stderr)
			}
		} else {
			points++
		}
		passed := t.Run(fmt.Sprintf("%d %s", at, where), func(t *testing.T) {
			h := h.in(t)
			noMarker(t, "what it says", r.stdout+r.stderr)
			h.noneInClear()
			if c.holds != nil {
				c.holds(h)
			}
			c.finish(h)
			h.noneInClear()
			h.nothingHalfDone()
		})
		if !passed {
			lost++
		}
		if at > 1000 {
			t.Fatalf("%s does not come to an end: the last point was %s", name, where)
		}
	}
	t.Logf("figure: crash matrix of %s: %d points, %d keys lost", name, points, lost)
}

// cheap is a binary whose encrypted file costs next to nothing to open, for commands that are run at hundreds of points.
var cheap = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(bin, "cheap", "awsexec")
	return path, buildAwsexec(path, "awsexec_cheap")
})

// useCheapBinary puts that binary in the place of the usual one.
func (h *home) useCheapBinary() {
	h.t.Helper()
	path, err := cheap()
	if err != nil {
		h.t.Fatal(err)
	}
	h.awsexec = path
	h.env["PATH"] = filepath.Dir(path) + ":" + h.env["PATH"]
}

// in is the same home as another test sees it.
func (h *home) in(t *testing.T) *home {
	other := *h
	other.t = t
	return &other
}

// reset empties the home: files and keyring.
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

// noneInClear checks that no secret is in clear in what awsexec keeps.
func (h *home) noneInClear() {
	h.t.Helper()
	h.eachFile(func(path string) {
		if !strings.HasPrefix(path, h.path(".aws")) {
			noMarker(h.t, path, string(read(h.t, path)))
		}
	})
}

// nothingHalfDone checks that no file is left that a write was to replace another with.
func (h *home) nothingHalfDone() {
	h.t.Helper()
	h.eachFile(func(path string) {
		if strings.Contains(filepath.Base(path), ".tmp-") {
			h.t.Errorf("left behind: %s", path)
		}
	})
}

// eachFile calls check for all files that awsexec may have written.
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

// onBothKeystores runs test as a parallel subtest on a home with each kind of keystore.
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

// works checks that profile name has key keyID in the keystore, that it is listed, and that it gets a session at AWS.
func (h *home) works(srv *ststest.Server, name, keyID string) {
	h.t.Helper()
	h.run("clear") // a session of before would hide that the key is gone
	h.credentials("-p", name)
	requests := srv.Requests()
	if last := requests[len(requests)-1]; last.Action != "GetSessionToken" || last.AccessKeyID != keyID {
		h.t.Errorf("the last call was %s with key %s, want GetSessionToken with %s", last.Action, last.AccessKeyID, keyID)
	}
	if got := h.listed(); got[name] != masked(keyID) {
		h.t.Errorf("list shows %v, want %q with %s", got, name, masked(keyID))
	}
}

// keeps checks that key keyID is in the keystore under each of names and is listed, and that there are no more but those.
func (h *home) keeps(keyID string, names ...string) {
	h.t.Helper()
	want := map[string]string{}
	for _, name := range names {
		h.uses(name, keyID)
		want[name] = masked(keyID)
	}
	if got := h.listed(); !maps.Equal(got, want) {
		h.t.Errorf("list shows %v, want %v", got, want)
	}
}

// uses checks that profile name has the long-term key keyID, in the keystore or elsewhere, with its secret.
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

// again adds alice's key to what a killed add has left: the name may be taken already, by this key.
func (h *home) again(args ...string) {
	h.t.Helper()
	r := h.start(command{args: args, stdin: aliceLines}).wait()
	if r.code != 0 && !strings.Contains(r.stderr, "already exists ("+masked(aliceKey)+")") {
		h.t.Fatalf("a second time: exit code %d\n%s", r.code, r.stderr)
	}
}

func TestCrashAddForce(t *testing.T) {
	t.Parallel()
	onBothKeystores(t, func(t *testing.T, h *home, _ *ststest.Server) {
		replace := command{args: []string{"add", "work", "--stdin", "--force"}, stdin: aliceKey2 + "\n" + aliceSecret2 + "\n"}
		crashMatrix(t, h, "add --force on "+h.env["AWSEXEC_KEYSTORE"], crash{
			command: replace,
			setup:   func(h *home) { h.addAlice() },
			holds: func(h *home) { // the old key or the new one, and the index says which
				keyID := h.listed()["work"]
				if keyID == "" { // it does not know: the next use will tell it
					h.credentials("-p", "work")
					keyID = h.listed()["work"]
				}
				h.uses("work", map[string]string{masked(aliceKey): aliceKey, masked(aliceKey2): aliceKey2}[keyID])
			},
			finish: func(h *home) {
				if r := h.start(replace).wait(); r.code != 0 {
					h.t.Fatalf("a second time: exit code %d\n%s", r.code, r.stderr)
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
					h.t.Errorf("a second time: exit code %d\n%s", r.code, r.stderr)
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
