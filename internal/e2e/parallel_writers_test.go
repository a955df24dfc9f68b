//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

// atOnce starts all commands at once and waits for all of them. If another
// awsexec was in the way of a command for too long, it runs the command again,
// as a user would.
func (h *home) atOnce(commands []command) []result {
	h.t.Helper()
	const tries = 20
	var started []*process
	for _, c := range commands {
		started = append(started, h.start(c))
	}
	results := make([]result, len(started))
	for i, p := range started {
		results[i] = p.wait()
		for n := 1; n < tries && strings.Contains(results[i].stderr, "another awsexec is changing it"); n++ {
			results[i] = h.start(commands[i]).wait()
		}
	}
	return results
}

// addCommand returns a command that stores alice's first or second key.
func addCommand(name string, second bool, flags ...string) command {
	c := command{args: append([]string{"add", name, "--stdin", "--no-verify"}, flags...), stdin: aliceLines}
	if second {
		c.stdin = aliceKey2 + "\n" + aliceSecret2 + "\n"
	}
	return c
}

// Processes that add, import and remove different keys at once lose no key and
// no line of the AWS files.
func TestAtOnceOnDifferentNames(t *testing.T) {
	t.Parallel()
	const many = 6
	onBothKeystores(t, func(t *testing.T, h *home, _ *ststest.Server) {
		h.useBinary(cheap)
		var commands []command
		var config, credentials strings.Builder
		want := map[string]string{}
		config.WriteString("# mine\n")
		for i := range many {
			added, imported, removed := fmt.Sprint("added", i), fmt.Sprint("imported", i), fmt.Sprint("removed", i)
			fmt.Fprintf(&config, "[profile %s]\nregion = eu-west-1\n", added)
			fmt.Fprintf(&credentials, "[%s]\n%s# after %d\n", imported, alice2InClear, i)
			h.add(removed, aliceKey, aliceSecret)
			commands = append(commands, addCommand(added, false, "--write-config"),
				command{args: []string{"import", imported, "--yes", "--no-verify"}},
				command{args: []string{"remove", removed, "--yes"}})
			want[added], want[imported] = aliceKey, aliceKey2
		}
		h.write(config.String(), ".aws", "config")
		h.write(credentials.String(), ".aws", "credentials")
		for i, r := range h.atOnce(commands) {
			if r.code != 0 {
				t.Errorf("%v: exit code %d\n%s", commands[i].args, r.code, r.stderr)
			}
		}
		if got := h.listed(); !maps.Equal(got, want) {
			t.Errorf("list shows %v, want %v", got, want)
		}
		for name, id := range want {
			h.uses(name, id)
			if text := string(read(t, h.path(".aws", "config"))); strings.Count(text, " --profile "+name+"\n") != 1 {
				t.Errorf("config has not one process for %s:\n%s", name, text)
			}
		}
		wantCredentials := ""
		for i := range many {
			wantCredentials += fmt.Sprintf("[imported%d]\n# after %d\n", i, i)
		}
		oneOf(t, h.path(".aws", "credentials"), wantCredentials)
		noMarkerInFiles(t, h.path(".aws"))
	})
}

// Of several processes that change one name at once, one wins completely, and
// the index agrees with it.
func TestAtOnceOnOneName(t *testing.T) {
	t.Parallel()
	onBothKeystores(t, func(t *testing.T, h *home, _ *ststest.Server) {
		h.useBinary(cheap)
		h.config("[profile work]", "region = eu-west-1")
		for range 3 {
			h.add("work", aliceKey, aliceSecret, "--force")
			h.write("[work]\n"+aliceInClear, ".aws", "credentials")
			var commands []command
			for i := range 4 {
				commands = append(commands, addCommand("work", i%2 == 1, "--force"),
					command{args: []string{"remove", "work", "--yes"}},
					command{args: []string{"import", "work", "--yes", "--no-verify", "--force"}})
			}
			for i, r := range h.atOnce(commands) {
				// A removal may find nothing or another key, and an import
				// may find that another one has already taken the key out
				// of the file.
				if r.code != 0 && !slices.ContainsFunc([]string{"not found", "has changed to", "has no access key in"}, func(why string) bool {
					return strings.Contains(r.stderr, why)
				}) {
					t.Errorf("%v: exit code %d\n%s", commands[i].args, r.code, r.stderr)
				}
			}
			oneOf(t, h.path(".aws", "credentials"), "[work]\n")
			switch got := h.listed(); {
			case len(got) == 0:
				h.run("-p", "work").fails(t, 125, `"work"`)
			case got["work"] == aliceKey:
				h.keeps(aliceKey, "work")
			default:
				h.keeps(aliceKey2, "work")
			}
		}
	})
}

// The index of names recovers when another program changes the keyring and when
// the index file is lost.
func TestIndexRecovers(t *testing.T) {
	t.Parallel()
	h := newKeyringHome(t, newSTS(t).URL())
	h.config("[profile work]", "region = eu-west-1", "[profile other]", "region = eu-west-1")
	h.add("work", aliceKey, aliceSecret)
	h.add("other", aliceKey2, aliceSecret2)

	// Another program removes an item. Using the key fails, and after that list
	// omits the key.
	h.removeItems("work")
	h.run("-p", "work").fails(t, 125, `"work"`)
	if got := h.listed(); len(got) != 1 || got["other"] != aliceKey2 {
		t.Errorf("list shows %v after an item was removed", got)
	}
	h.add("work", aliceKey, aliceSecret)
	h.uses("work", aliceKey)

	// Remove also drops a name whose item is missing.
	h.removeItems("work")
	h.run("remove", "work", "--yes").fails(t, 125, "not found")
	if got := h.listed(); len(got) != 1 {
		t.Errorf("list shows %v after the removal of a missing key", got)
	}
	h.add("work", aliceKey, aliceSecret)

	// The index file is missing or invalid: list shows each key again once it
	// is used, and adding a key does not overwrite it.
	index := h.path("data", "awsexec", "keyring.index.json")
	for _, damage := range []func() error{
		func() error { return os.Remove(index) },
		func() error { return os.WriteFile(index, []byte("{"), 0o600) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		h.start(addCommand("work", true)).wait().fails(t, 125, "already exists ("+masked(aliceKey)+")")
		h.uses("work", aliceKey)
		h.uses("other", aliceKey2)
		if got := h.listed(); len(got) != 2 {
			t.Errorf("list shows %v after both keys were used", got)
		}
	}
}

// Rotations, additions and removals of different names run at once, with two
// rotations of the same name.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	onBothKeystores(t, func(t *testing.T, h *home, srv *ststest.Server) {
		h.useBinary(cheap)
		h.config("[profile a]", "region = eu-west-1")
		users := map[string]newcomer{}
		for _, name := range []string{"a", "b", "gone", "added"} {
			users[name] = h.newcomer(srv, false)
			if name != "added" {
				h.add(name, users[name].keyID, users[name].secret)
			}
		}
		var running []*process
		for _, c := range []command{
			{args: []string{"rotate", "a", "--yes"}},
			{args: []string{"rotate", "a", "--yes"}},
			{args: []string{"rotate", "b", "--yes"}},
			{args: []string{"remove", "gone", "--yes"}},
			{args: []string{"add", "added", "--stdin"}, stdin: users["added"].keyID + "\n" + users["added"].secret + "\n"},
		} {
			running = append(running, h.start(c))
		}
		for _, p := range running {
			if r := p.wait(); r.code != 0 && !strings.Contains(r.stderr, "another awsexec is changing it") {
				t.Errorf("%v: exit code %d\n%s", p.cmd.Args[1:], r.code, r.stderr)
			}
		}
		for _, name := range []string{"a", "b", "added"} {
			if id := h.isOnlyKeyOf(srv, name, users[name]); (id == users[name].keyID) != (name == "added") {
				t.Errorf("%s has key %s", name, id)
			}
		}
		if got := h.listed(); len(got) != 3 {
			t.Errorf("list shows %v", got)
		}
	})
}
