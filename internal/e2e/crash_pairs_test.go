//go:build linux

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/processfmt"
)

// writer is a command that changes the key called work.
type writer struct {
	name    string
	command command
	drops   bool   // the user agreed that another key than its own may be lost
	key     string // its own key; "" for none
}

// pairWorld is the home that a pair of writers works on: work is the only key
// of user one, and the AWS files hold the only key of user two.
type pairWorld struct {
	*home
	srv      *ststest.Server
	one, two newcomer
}

func newPairWorld(h *home, srv *ststest.Server) *pairWorld {
	h.t.Helper()
	h.reset()
	w := &pairWorld{h, srv, h.newcomer(srv, false), h.newcomer(srv, false)}
	h.config("[profile work]", "region = eu-west-1")
	h.add("work", w.one.keyID, w.one.secret)
	h.write("[work]\naws_access_key_id = "+w.two.keyID+"\naws_secret_access_key = "+w.two.secret+"\n", ".aws", "credentials")
	return w
}

// writers returns the commands to combine. They are the same for each world,
// except for the keys.
func (w *pairWorld) writers() []writer {
	add := func(u newcomer) command {
		return command{args: []string{"add", "work", "--stdin", "--force"}, stdin: u.keyID + "\n" + u.secret + "\n"}
	}
	return []writer{
		{"add", add(w.one), true, w.one.keyID},
		{"add another", add(w.two), true, w.two.keyID},
		{"import", command{args: []string{"import", "work", "--yes", "--force"}}, true, w.two.keyID},
		{"remove", command{args: []string{"remove", "work", "--yes"}}, true, ""},
		{"rotate", command{args: []string{"rotate", "work", "--yes"}}, false, ""},
	}
}

// Each command that changes a key is stopped or killed at each of its points,
// while each other command runs on the same name. Afterwards the key under the
// name works, and every key at AWS is known to somebody, unless a user agreed
// to lose it. By default the test uses only a few of the points, always the
// same ones; AWSEXEC_TEST_FULL=1 uses all.
func TestCrashPairs(t *testing.T) {
	t.Parallel()
	onBothKeystores(t, func(t *testing.T, h *home, srv *ststest.Server) {
		h.useBinary(hasty)
		kind := h.env["AWSEXEC_KEYSTORE"]
		full := os.Getenv("AWSEXEC_TEST_FULL") == "1"
		random := rand.New(rand.NewPCG(1, 2))
		pairs, lost, refused := 0, 0, 0
		var longest time.Duration
		for first := range newPairWorld(h, srv).writers() {
			w := newPairWorld(h, srv)
			alone, points := h.points(w.writers()[first].command)
			if alone.code != 0 {
				t.Fatalf("undisturbed, %s ends with code %d:\n%s", w.writers()[first].name, alone.code, alone.stderr)
			}
			for second := range w.writers() {
				for _, kill := range []bool{false, true} {
					at := []int{1 + random.IntN(points)}
					if full {
						at = at[:0]
						for n := range points {
							at = append(at, n+1)
						}
					} else if kind == "keyring" && (first+second)%4 != 0 || kill && (first+second)%2 != 0 {
						continue // the kind of keystore matters little here, and a killed process holds no lock
					}
					for _, at := range at {
						p := pair{first: first, second: second, at: at, kill: kill}
						ok := t.Run(p.String(), func(t *testing.T) { p.run(newPairWorld(h.in(t), srv)) })
						pairs++
						if !ok {
							lost++
						}
						if p.refused {
							refused++
						}
						longest = max(longest, p.longest)
					}
				}
			}
		}
		t.Logf("figure: pairs of commands on one name on %s: %d, of which %d were refused, %d keys lost, longest command %d ms",
			kind, pairs, refused, lost, longest.Milliseconds())
	})
}

// pair is a command that is stopped or killed at a point, and another command
// that runs then.
type pair struct {
	first, second, at int
	kill              bool

	refused bool // the second command had to give up
	longest time.Duration
}

func (p *pair) String() string {
	how := "stopped"
	if p.kill {
		how = "killed"
	}
	names := (&pairWorld{}).writers()
	return fmt.Sprintf("%s %s at %d, %s", names[p.first].name, how, p.at, names[p.second].name)
}

func (p *pair) run(w *pairWorld) {
	t := w.t
	first, second := w.writers()[p.first], w.writers()[p.second]
	var one, two result
	runSecond := func(where string) {
		two = w.start(second.command).wait()
		t.Logf("%s: %s", first.name, where)
	}
	if p.kill {
		var where string
		one, where, _ = w.killed(first.command, p.at)
		if w.keyringDied() {
			t.Skip("the keyring died") // this test is about other failures
		}
		runSecond(where)
	} else {
		var stopped bool
		if one, stopped = w.stopped(first.command, p.at, runSecond); !stopped {
			runSecond("at its end")
		}
	}
	p.longest = two.took
	p.refused = strings.Contains(two.stderr, "another awsexec is changing it")
	for _, r := range []result{one, two} {
		noMarker(t, "the output", r.stdout+r.stderr)
	}
	if two.took > 10*time.Second {
		t.Errorf("%s took %v", second.name, two.took)
	}
	var dropped []writer // the writers that may have dropped a key of the user
	for _, c := range []struct {
		writer
		result
	}{{first, one}, {second, two}} {
		if c.drops && (c.code == 0 || c.signal != 0) {
			dropped = append(dropped, c.writer)
		}
	}
	said := one.stderr + two.stderr
	w.holds(dropped, said)
	if r := w.run("list"); strings.Contains(r.stderr, "rotation") {
		r := w.run("rotate", "work", "--yes")
		if r.code != 0 {
			t.Errorf("to finish: exit code %d\n%s", r.code, r.stderr)
		}
		w.holds(dropped, said+r.stderr)
	}
	w.noPlaintext()
	if t.Failed() {
		t.Logf("%s: exit code %d\n%s%s: exit code %d\n%s", first.name, one.code, one.stderr, second.name, two.code, two.stderr)
	}
}

// holds checks the invariants after the writers in dropped have run. The key
// under the name works. Each key that works at AWS is the one under the name,
// or in the journal of its rotation, or in the AWS files. The text said is all
// output: it must mention a key that a rotation created and left at AWS.
func (w *pairWorld) holds(dropped []writer, said string) {
	w.t.Helper()
	removed := slices.ContainsFunc(dropped, func(c writer) bool { return c.name == "remove" })
	current := w.current(removed)
	rotating := strings.Contains(w.run("list").stderr, "rotation")
	files := string(read(w.t, w.path(".aws", "credentials"))) + string(read(w.t, w.path(".aws", "config")))
	for _, u := range []newcomer{w.one, w.two} {
		for id := range w.srv.AccessKeys(u.arn) {
			dropped := slices.ContainsFunc(dropped, func(c writer) bool { return c.key != id })
			if id != current && !rotating && !strings.Contains(files, id) && !dropped {
				w.t.Errorf("key %s is still at AWS, but stored nowhere", id)
			}
			if id != current && !rotating && id != w.one.keyID && id != w.two.keyID && !strings.Contains(said, id) && !strings.Contains(said, masked(id)) &&
				!strings.Contains(said, "may have made a key") {
				w.t.Errorf("the rotation left key %s at AWS without a message", id)
			}
		}
	}
	if !strings.Contains(files, w.two.keyID) && current == "" && !removed {
		w.t.Error("the key is lost")
	}
}

// current returns the ID of the key that profile work uses, from the keystore
// or else from the AWS files, and checks that it works at AWS. It returns ""
// for a missing key, which is an error unless removed is true.
func (w *pairWorld) current(removed bool) string {
	w.t.Helper()
	r := w.run("-p", "work", "--no-session")
	c, err := processfmt.Decode(strings.NewReader(r.stdout))
	if err != nil {
		if !removed {
			w.t.Errorf("the key is lost: exit code %d\n%s", r.code, r.stderr)
		}
		return ""
	}
	client := awsapi.Client{Region: "eu-west-1", Endpoint: w.srv.URL()}
	if _, err := client.WhoAmI(w.t.Context(), aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}); err != nil {
		w.t.Errorf("the key does not work: %v", err)
	}
	return c.AccessKeyID
}
