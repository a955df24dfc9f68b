//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/ststest"
)

// Values of AWSEXEC_WARM: calls with tickets or without.
const (
	withTickets    = "AWSEXEC_WARM=1"
	withoutTickets = "AWSEXEC_WARM=0"
)

// newWarmHome returns a home with a keyring in which alice has a key, with
// roles and profiles of many kinds. The kernel may hold its sealing key.
func newWarmHome(t *testing.T) *home {
	t.Helper()
	srv := newSTSWith(t, ststest.Config{Roles: rolesOfAWS})
	h := newKeyringHome(t, srv.URL())
	h.holding("keyring")
	h.add("work", aliceKey, aliceSecret)
	h.add("other", aliceKey2, aliceSecret2)
	h.config(warmProfiles...)
	return h
}

// holding lets the kernel hold the sealing key of this home until the test
// ends. It skips the test if the kernel cannot.
func (h *home) holding(kind string) {
	h.t.Helper()
	name := kernelkey.StoreName(kind, h.path("data", "awsexec"))
	if err := kernelkey.Put(name, nil, time.Minute); errors.Is(err, kernelkey.ErrUnavailable) {
		missing(h.t, "a kernel that holds keys")
	}
	drop := func() {
		if err := kernelkey.Drop(name); err != nil {
			h.t.Error(err)
		}
	}
	drop()
	h.t.Cleanup(drop)
	h.env["AWSEXEC_HOLD"] = "10m"
}

var warmProfiles = []string{
	"[profile work]", "region = eu-west-1",
	"[profile other]", "region = us-east-1", "duration_seconds = 7200", "max_attempts = 4", "cli_pager =", "tcp_keepalive = true", "services = local",
	"[services local]", "s3 =", "  endpoint_url = http://127.0.0.1:9",
	"[profile alias]", "region = eu-west-3", "credential_process = awsexec -p work",
	"[profile one]", "role_arn = " + roleOne, "source_profile = work",
	"[profile two]", "role_arn = " + roleTwo, "source_profile = one", "region = ap-south-1", "max_attempts = 4", "tcp_keepalive = true",
	"[profile three]", "role_arn = " + roleThree, "source_profile = two", "role_session_name = me@example.com",
	"[profile long]", "role_arn = " + roleOne, "source_profile = work", "duration_seconds = 7200",
	"[profile cut]", "role_arn = " + roleTwo, "source_profile = one", "duration_seconds = 7200",
	"[profile narrow]", "credential_process = awsexec -p one", "awsexec_read_only = true",
	"[profile broken]", "role_arn = " + roleOne,
	"[default]", "source_profile = other", "role_arn = " + roleOne, "region = us-west-2",
}

// outcome is everything that a caller of awsexec can see.
type outcome struct {
	code           int
	stdout, stderr string
}

// requestID matches the part of an answer of STS that differs between equal
// requests.
var requestID = regexp.MustCompile(`request id [0-9a-f-]+`)

// call runs awsexec and reports whether it answered before the program was
// initialized. GODEBUG makes Go print what it initializes.
func (h *home) call(tickets string, env, args []string) (o outcome, warm bool) {
	h.t.Helper()
	r := h.start(command{args: args, env: slices.Concat(env, []string{tickets, "GODEBUG=inittrace=1"})}).wait()
	var said []string
	initialised := false
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, "init ") {
			said = append(said, line)
		}
		initialised = initialised || strings.HasPrefix(line, "init net/http ")
	}
	// The child's environment differs in the variable that selects the way.
	out := strings.NewReplacer("AWSEXEC_WARM=0\x00", "", "AWSEXEC_WARM=1\x00", "").Replace(r.stdout)
	return outcome{r.code, out, requestID.ReplaceAllString(strings.Join(said, ""), "")}, !initialised
}

// same runs awsexec without tickets and then with tickets until it uses one,
// and checks that the outcome is the same. It reports whether a ticket was
// used.
func (h *home) same(env, args []string) bool {
	h.t.Helper()
	h.call(withoutTickets, env, args) // makes a session if there is none
	want, warm := h.call(withoutTickets, env, args)
	if warm {
		h.t.Errorf("%q %q: a ticket was used without tickets", env, args)
	}
	for range 2 {
		var got outcome
		if got, warm = h.call(withTickets, env, args); got != want {
			h.t.Errorf("%q %q: warm %v\ngot  %+v\nwant %+v", env, args, warm, got, want)
		}
	}
	return warm
}

// A narrowed session is never the answer to a wide call, nor the other way round. A
// policy that may be in a file of its own gets no ticket.
func TestWarmNarrowed(t *testing.T) {
	t.Parallel()
	h := newWarmHome(t)
	policy := h.path("policy.json")
	if err := os.WriteFile(policy, []byte(`{"Statement":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	one := func(s ...string) []string { return s }
	ids := map[string]string{} // by what the sessions are narrowed to
	for range 2 {
		for _, call := range []struct {
			env, args []string
			narrowed  string
			warm      bool
		}{
			{nil, one("-p", "one"), "", true},
			{nil, one("-p", "one", "--read-only"), "ReadOnlyAccess", true},
			{one("AWSEXEC_READ_ONLY=1"), one("-p", "one"), "ReadOnlyAccess", true},
			{one("AWSEXEC_READ_ONLY=0"), one("-p", "one"), "", true},
			{nil, one("-p", "narrow"), "ReadOnlyAccess", true},
			{one("AWSEXEC_POLICY_ARNS=job-function/Billing"), one("-p", "one"), "Billing", true},
			{nil, one("-p", "one", "--policy-arn", "job-function/Billing"), "Billing", true},
			{nil, one("-p", "one", "--policy", policy), "a policy", false},
			{one("AWSEXEC_POLICY=" + policy), one("-p", "one"), "a policy", false},
		} {
			if warm := h.same(call.env, append(slices.Clone(call.args), "--", "env", "-0")); warm != call.warm {
				t.Errorf("%q %q: warm %t", call.env, call.args, warm)
			}
			o, _ := h.call(withTickets, call.env, call.args)
			_, id, _ := strings.Cut(o.stdout, `"AccessKeyId":"`)
			id = id[:min(20, len(id))]
			if before, ok := ids[call.narrowed]; ok && before != id || id == "" {
				t.Errorf("%q %q: session %q, before %q", call.env, call.args, id, before)
			}
			ids[call.narrowed] = id
		}
	}
	distinct := map[string]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	if len(distinct) != 4 {
		t.Errorf("sessions %v", ids)
	}
}

// Calls with generated arguments and environments have the same outcome with
// tickets as without. A call must never use the ticket of a different call.
func TestWarmCallsAreTheSame(t *testing.T) {
	t.Parallel()
	h := newWarmHome(t)
	const seed = 20261
	random := rand.New(rand.NewPCG(seed, seed))
	pick := func(from ...[]string) []string { return from[random.IntN(len(from))] }
	one := func(s ...string) []string { return s }
	profiles := []string{"work", "other", "alias", "one", "two", "three", "long", "default", "work", "one", "cut", "broken", "nobody"}
	tickets := 0
	const situations = 60
	for range situations {
		name := profiles[random.IntN(len(profiles))]
		args := pick(nil, one("-p", name), one("--profile="+name), one("-p"+name))
		args = slices.Concat(args, pick(nil, nil, nil, one("--region", "eu-north-1"), one("--duration=1h"), one("--keystore", "keyring"), one("--no-prompt"), one("--no-session"), one("--nonsense")))
		args = slices.Concat(args, pick(nil, nil, nil, one("--", "env", "-0"), one("--", "env", "-0"), one("--", "echo", "--", ""), one("--"), one("--", "no-such-program")))
		env := slices.Concat(
			pick(nil, nil, one("AWS_PROFILE="+profiles[random.IntN(len(profiles))]), one("AWS_DEFAULT_PROFILE=one")),
			pick(nil, nil, one("AWS_REGION=sa-east-1"), one("AWS_DEFAULT_REGION=eu-south-1")),
			pick(nil, nil, nil, one("AWSEXEC_DURATION=1h"), one("AWSEXEC_DURATION=x"), one("AWSEXEC_CHAIN=two"), one("AWSEXEC_KEYSTORE="), one("AWSEXEC_HOLD=0")),
			pick(nil, nil, nil, nil, nil, nil, one("AWS_ACCESS_KEY_ID=ASIAX", "AWS_SECRET_ACCESS_KEY=x", "AWS_SESSION_TOKEN=x"), one("AWS_ACCESS_KEY_ID=AKIAX")))
		if h.same(env, args) {
			tickets++
		}
	}
	if tickets < situations/3 {
		t.Errorf("a ticket was used in %d of %d situations", tickets, situations)
	}
	t.Logf("%d of %d situations were answered with a ticket", tickets, situations)
}

// Everything that a call depends on is changed, one thing after the other. The
// next call with tickets returns what a call without tickets returns, never the
// previous answer.
func TestWarmCallsSeeEveryChange(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-p", "two"}, {"-p", "two", "--", "env", "-0"}} {
		h := newWarmHome(t)
		if !h.same(nil, args) {
			t.Fatal("no ticket at the start")
		}
		config := strings.Join(warmProfiles, "\n") + "\n"
		for _, env := range [][]string{
			{"AWS_PROFILE=work"}, {"AWS_DEFAULT_PROFILE=work"}, {"AWS_REGION=eu-west-2"}, {"AWS_DEFAULT_REGION=eu-west-2"}, {"AWS_CA_BUNDLE=/none"},
			{"AWS_MAX_ATTEMPTS=9"}, {"BOTOCORE_TCP_KEEPALIVE=false"}, {"AWSEXEC_SETTINGS=x"}, {"AWS_ENDPOINT_URL=http://127.0.0.1:9"},
			{"AWS_ENDPOINT_URL_STS"}, {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL=" + h.env["AWS_ENDPOINT_URL_STS"]}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"},
			{"AWS_USE_FIPS_ENDPOINT=x"}, {"AWS_USE_FIPS_ENDPOINT=true"}, {"AWS_SECRET_ACCESS_KEY=x"},
			{"AWSEXEC_DURATION=900"}, {"AWSEXEC_DURATION=1"}, {"AWSEXEC_CHAIN=one"}, {"AWSEXEC_CHAIN=nobody"}, {"AWSEXEC_KEYSTORE=file"}, {"AWSEXEC_KEYSTORE="},
			{"AWSEXEC_KEYSTORE=x"}, {"AWSEXEC_REFRESH=1"}, {"AWSEXEC_REFRESH=0"}, {"AWSEXEC_REFRESH=x"}, {"AWSEXEC_NO_PROMPT=x"}, {"AWSEXEC_HOLD=0"}, {"AWSEXEC_HOLD=x"}, {"AWSEXEC_PASSPHRASE=x"}, {"AWSEXEC_MFA_CODE=123456"},
			{"AWS_CONFIG_FILE=" + h.write("", "empty")}, {"AWS_CONFIG_FILE=/dev/null"}, {"AWS_CONFIG_FILE=$HOME/empty"}, {"AWS_CONFIG_FILE=~/empty"},
			{"AWS_CONFIG_FILE=" + h.write(strings.Replace(config, roleOne, roleExt, 1), "elsewhere")},
			{"AWS_SHARED_CREDENTIALS_FILE=" + h.write("[one]\naws_access_key_id = AKIA\naws_secret_access_key = x\n", "static")},
			{"HOME=/none"}, {"HOME="}, {"XDG_DATA_HOME=" + h.path("none")}, {"XDG_DATA_HOME=x"}, {"XDG_CACHE_HOME=" + h.path("none")},
			{"DBUS_SESSION_BUS_ADDRESS=unix:path=/none"}, {"PATH=/none"},
		} {
			h.change(fmt.Sprint(env), args, env, nil)
		}
		for _, file := range []string{".aws/config", ".aws/credentials", "data/awsexec/keyring.index.json", "data/awsexec/keystore.index.json", "data/awsexec/keystore.age"} {
			path := h.path(filepath.FromSlash(file))
			old, err := os.ReadFile(path)
			h.change(file+", a byte more", args, nil, func() { h.write(string(old)+"\n", file) })
			h.change(file+", garbage", args, nil, func() { h.write("{", file) })
			h.change(file+", missing", args, nil, func() { os.Remove(path) })
			if err == nil {
				h.write(string(old), file)
			}
		}
		h.change("another role", args, nil, func() { h.config(strings.Split(strings.Replace(config, roleTwo, roleExt, 1), "\n")...) })
		h.config(warmProfiles...)
		h.change("another user", args, nil, func() { h.add("work", aliceKey2, aliceSecret2, "--force") })
		h.change("a key for the role", args, nil, func() { h.add("two", aliceKey, aliceSecret) })
		h.change("without a region", args, nil, func() { h.must("remove", "two", "--yes") })
		h.change("sessions cleared", args, nil, func() { h.must("clear") })
		h.change("sessions of the source cleared", args, nil, func() { h.must("clear", "work") })
		h.change("another binary", args, nil, func() { h.copyOfBinary() })
		h.change("no key", args, nil, func() { h.must("remove", "work", "--yes") })
	}
}

// A ticket leads to the session that the program takes, also where that was made
// for another life: here with --duration, and then one of the profile's own life.
func TestWarmCallsFindOtherLives(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.holding("keyring")
	h.addBob("mfa_process = " + bin + "/probe totp " + h.path("asked"))
	args := []string{"-p", "mfa"}
	h.must("-p", "mfa", "--duration", "1h")
	if !h.same(nil, args) {
		t.Error("no ticket for a session of another life")
	}
	if !h.same([]string{"AWS_REGION=ap-east-1"}, args) {
		t.Error("no ticket for another region")
	}
	before, _ := h.call(withTickets, nil, args)
	h.change("a session of its own life", args, nil, func() { h.must("-p", "mfa", "--duration", "12h") })
	after, _ := h.call(withTickets, nil, args)
	if before == after {
		t.Error("the session of the profile's own life does not come first")
	}
	if n := srv.Calls("GetSessionToken"); n != 2 {
		t.Errorf("%d calls of GetSessionToken", n)
	}
}

// After a rotation a call returns a session of the new key.
func TestWarmCallsAfterRotation(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.holding("keyring")
	u := h.newcomer(srv, false)
	h.add("work", u.keyID, u.secret)
	h.config("[profile work]", "region = eu-west-1")
	args := []string{"-p", "work"}
	if !h.same(nil, args) {
		t.Fatal("no ticket at the start")
	}
	before, _ := h.call(withTickets, nil, args)
	h.change("rotated", args, nil, func() { h.must("rotate", "work", "--yes") })
	if after, _ := h.call(withTickets, nil, args); after.stdout == before.stdout || after.stdout == "" {
		t.Errorf("the session is still that of the deleted key: %v", after.stderr)
	}
}

// must runs awsexec, which must succeed.
func (h *home) must(args ...string) {
	h.t.Helper()
	if r := h.run(args...); r.code != 0 {
		h.t.Fatalf("%q: exit code %d\n%s", args, r.code, r.stderr)
	}
}

// copyOfBinary checks that another file with the same content does not use our
// tickets.
func (h *home) copyOfBinary() {
	h.t.Helper()
	data, err := os.ReadFile(bin + "/awsexec")
	if err != nil {
		h.t.Fatal(err)
	}
	path := h.write(string(data), "copy", "awsexec")
	if err := os.Chmod(path, 0o700); err != nil {
		h.t.Fatal(err)
	}
	r := h.start(command{name: path, args: []string{"-p", "two"}, env: []string{withTickets, "GODEBUG=inittrace=1"}}).wait()
	if !strings.Contains(r.stderr, "init net/http ") {
		h.t.Error("the copy used a ticket of the original")
	}
}

// change makes a warm call, changes something, and compares the next call with
// one without tickets. The call with tickets is the first after the change, and
// must not return the previous answer.
func (h *home) change(what string, args, env []string, how func()) {
	h.t.Helper()
	if how != nil {
		how()
	}
	first, _ := h.call(withTickets, env, args)
	second, _ := h.call(withTickets, env, args)
	want, _ := h.call(withoutTickets, env, args)
	if first != want || second != want {
		h.t.Errorf("%s: %q\ngot  %+v\nthen %+v\nwant %+v", what, args, first, second, want)
	}
}

// A ticket under another name, a session under another name, and tickets and
// sessions with any byte changed have no effect.
func TestTicketsFitOnlyTheirCall(t *testing.T) {
	t.Parallel()
	h := newWarmHome(t)
	tickets := func() []string {
		files, err := filepath.Glob(h.path("cache", "awsexec", "tickets", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	var names []string
	var want []outcome
	profiles := []string{"work", "one"}
	for i, p := range profiles {
		if !h.same(nil, []string{"-p", p}) {
			t.Fatalf("%s: no ticket", p)
		}
		for _, f := range tickets() {
			if !slices.Contains(names, f) {
				names = append(names, f)
			}
		}
		if len(names) != i+1 {
			t.Fatalf("tickets %q, want %d", names, i+1)
		}
		o, _ := h.call(withoutTickets, nil, []string{"-p", p})
		want = append(want, o)
	}
	swap := func(a, b string) {
		for _, r := range [][2]string{{a, a + ".x"}, {b, a}, {a + ".x", b}} {
			if err := os.Rename(r[0], r[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(what string) {
		t.Helper()
		for i, p := range profiles {
			if got, warm := h.call(withTickets, nil, []string{"-p", p}); got.stdout != want[i].stdout || warm {
				t.Errorf("%s: %s got\n%s (warm %v), want\n%s", what, p, got.stdout, warm, want[i].stdout)
			}
		}
	}
	swap(names[0], names[1])
	check("tickets swapped")
	for i, name := range names {
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := range good {
			bad := slices.Clone(good)
			bad[at] ^= 1
			if err := os.WriteFile(name, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if at%7 > 0 { // each position costs two processes
				continue
			}
			if got, warm := h.call(withTickets, nil, []string{"-p", profiles[i]}); got != want[i] || warm {
				t.Errorf("byte %d of a ticket: warm %v, %+v", at, warm, got)
			}
		}
	}
}

// A call is warm only if the kernel holds the key. Without it the call takes
// the slow path, which makes the kernel hold the key.
func TestWarmWithoutKernel(t *testing.T) {
	t.Parallel()
	h := newWarmHome(t)
	name := kernelkey.StoreName("keyring", h.path("data", "awsexec"))
	off := []string{"AWSEXEC_HOLD=off"}
	if h.same(off, []string{"-p", "work"}) {
		t.Error("a ticket exists although the kernel may not hold keys")
	}
	if !h.same(nil, []string{"-p", "work"}) {
		t.Error("no ticket although the kernel holds the key")
	}
	if err := kernelkey.Drop(name); err != nil {
		t.Fatal(err)
	}
	want, warm := h.call(withTickets, off, []string{"-p", "work"})
	if warm {
		t.Error("a ticket exists although the kernel holds no key")
	}
	if _, _, err := kernelkey.Get(name); !errors.Is(err, kernelkey.ErrAbsent) {
		t.Errorf("the kernel holds a key although that is switched off: %v", err)
	}
	for _, held := range []bool{false, true} {
		if got, warm := h.call(withTickets, nil, []string{"-p", "work"}); got != want || warm != held {
			t.Errorf("held %v: warm %v, %+v, want %+v", held, warm, got, want)
		}
	}
}

// A failed write is reported once, and by the exit code.
func TestWarmOutputFails(t *testing.T) {
	t.Parallel()
	h := newWarmHome(t)
	if !h.same(nil, []string{"-p", "work"}) {
		t.Fatal("no ticket")
	}
	for _, tickets := range []string{withTickets, withoutTickets} {
		r := h.start(command{name: "/bin/sh", args: []string{"-c", "exec awsexec -p work >/dev/full"}, env: []string{tickets}}).wait()
		if r.code != 125 || !strings.HasPrefix(r.stderr, "awsexec: error: print credentials: ") {
			t.Errorf("%s: exit code %d, %q", tickets, r.code, r.stderr)
		}
	}
}

// What a caller or a child sees of the process itself does not depend on
// tickets.
func TestWarmCallsInUnusualPlaces(t *testing.T) {
	t.Parallel()
	h := newWarmHome(t)
	if !h.same(nil, []string{"-p", "work"}) {
		t.Fatal("no ticket")
	}
	h.write("echo $0 $AWS_ACCESS_KEY_ID\n", "script")
	h.write("echo $AWS_ACCESS_KEY_ID\n", "unrunnable")
	if err := os.Chmod(h.path("script"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{
		"exec awsexec -p work >&-",
		"exec awsexec -p work <&- 2>&-",
		"exec awsexec -p work 1</dev/null", // not writable
		"trap '' HUP INT QUIT TERM PIPE CHLD TSTP; exec awsexec -p work -- grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status",
		"umask 027; ulimit -n 64; exec awsexec -p work -- sh -c 'umask; ulimit -n; ls /proc/self/fd'",
		"mkdir gone && cd gone && rmdir ../gone; exec awsexec -p work -- /usr/bin/env",
		"mkdir gone && cd gone && rmdir ../gone; exec awsexec -p work -- ./env",
		"exec awsexec -p work -- ./script x", // has no "#!"
		"PATH=:$PATH exec awsexec -p work -- script",
		"exec awsexec -p work -- ./unrunnable", "exec awsexec -p work -- /", "exec awsexec -p work -- ./script/x", "exec awsexec -p work -- ''",
		"AWSEXEC_X=$(head -c 120000 /dev/zero | tr '\\0' x) exec awsexec -p work -- sh -c 'echo ${#AWSEXEC_X} $AWS_ACCESS_KEY_ID'",
		"exec awsexec -p work -- echo $(head -c 140000 /dev/zero | tr '\\0' x)", // too long
		"exec awsexec -p work -- awsexec -p one -- sh -c 'echo $AWSEXEC_PROFILE $AWS_ACCESS_KEY_ID'",
		"exec awsexec -p one -- awsexec",
	} {
		var want outcome
		for i, tickets := range []string{withoutTickets, withTickets, withTickets} {
			r := h.start(command{name: "/bin/sh", args: []string{"-c", "cd \"$HOME\"; " + script}, env: []string{tickets}}).wait()
			got := outcome{r.code, strings.ReplaceAll(r.stdout, tickets+"\n", ""), r.stderr}
			if i == 0 {
				want = got
			} else if got != want {
				t.Errorf("%s: with tickets, call %d\ngot  %+v\nwant %+v", script, i, got, want)
			}
		}
	}
}
