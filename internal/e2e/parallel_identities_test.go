//go:build linux

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/processfmt"
)

// Random calls change keys, restore older files, and get sessions, one after
// the other and at once. Each session must belong to a user whose key the name
// had at some moment during the call.
//
// AWSEXEC_TEST_IDENTITIES multiplies the number of steps, and AWSEXEC_TEST_SEED
// selects another sequence.
func TestIdentities(t *testing.T) {
	t.Parallel()
	seed, times := uint64(20265), 1
	if text := os.Getenv("AWSEXEC_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if text := os.Getenv("AWSEXEC_TEST_IDENTITIES"); text != "" {
		var err error
		if times, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"file", "keyring"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := newIdentities(t, kind, seed)
			for step := range 20 * times {
				m.step(step)
				if t.Failed() {
					t.Fatalf("seed %d, step %d; changes so far:\n%s", seed, step, strings.Join(m.done, "\n"))
				}
			}
			t.Logf("seed %d: %d sessions", seed, m.sessions)
		})
	}
}

// identities is a home with the history of its names.
type identities struct {
	*home
	kind   string
	client awsapi.Client
	random *rand.Rand
	users  []newcomer
	own    newcomer // the user of the name that is rotated

	mu       sync.Mutex
	spans    map[string][]span
	done     []string
	sessions int

	saved map[string]string // the user of each name when the files below were saved; nil if the files are of no use any more
	index []byte
	store []byte
}

// span is a time in which a name may have had the key of a user; "" stands for
// no key.
type span struct {
	user     string
	from, to time.Time // to is zero while the span lasts
}

func newIdentities(t *testing.T, kind string, seed uint64) *identities {
	t.Helper()
	srv := newSTSWith(t, ststest.Config{})
	m := &identities{
		kind: kind, random: rand.New(rand.NewPCG(seed, seed)), spans: map[string][]span{},
		client: awsapi.Client{Endpoint: srv.URL(), Region: "eu-west-1"},
	}
	if kind == "file" {
		m.home = newHome(t, srv.URL())
	} else {
		m.home = newKeyringHome(t, srv.URL())
	}
	m.useBinary(cheap)
	m.holding(kind)
	for range 3 {
		m.users = append(m.users, m.newcomer(srv, false))
	}
	m.own = m.newcomer(srv, false)
	m.config("[profile dev]", "region = eu-west-1", "[profile prod]", "region = eu-west-1", "[profile own]", "region = eu-west-1")
	m.put("dev", m.users[0])
	m.put("prod", m.users[1])
	m.put("own", m.own)
	return m
}

func (m *identities) note(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done = append(m.done, fmt.Sprintf(format, args...))
}

// becomes runs change, which gives name the key of user.
func (m *identities) becomes(name, user string, change func()) {
	m.mu.Lock()
	m.spans[name] = append(m.spans[name], span{user: user, from: time.Now()})
	m.mu.Unlock()
	change()
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for i := range m.spans[name][:len(m.spans[name])-1] {
		if s := &m.spans[name][i]; s.to.IsZero() {
			s.to = now
		}
	}
}

// possible returns the users whose key name may have had between from and to.
func (m *identities) possible(name string, from, to time.Time) (users []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.spans[name] {
		if s.from.Before(to) && (s.to.IsZero() || s.to.After(from)) {
			users = append(users, s.user)
		}
	}
	return users
}

func (m *identities) now(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spans[name][len(m.spans[name])-1].user
}

func (m *identities) userNamed(name string) newcomer {
	for _, u := range m.users {
		if u.name == name {
			return u
		}
	}
	return m.own
}

func (m *identities) put(name string, u newcomer) {
	m.t.Helper()
	m.becomes(name, u.name, func() { m.add(name, u.keyID, u.secret, "--force") })
}

// step makes one change, usually while other processes get sessions, and then
// gets sessions of all names.
func (m *identities) step(number int) {
	m.t.Helper()
	change := m.change()
	var wg sync.WaitGroup
	beside := m.random.IntN(3)
	for range beside {
		name, byPrint := m.pick("dev", "prod", "own"), m.random.IntN(2) == 0
		wg.Go(func() { m.session(number, name, byPrint) })
	}
	change()
	wg.Wait()
	for _, name := range []string{"dev", "prod", "own"} {
		if m.random.IntN(3) > 0 {
			m.session(number, name, m.random.IntN(2) == 0)
		}
	}
}

func (m *identities) pick(from ...string) string { return from[m.random.IntN(len(from))] }

// change returns a random change, with all its random choices made.
func (m *identities) change() func() {
	name := m.pick("dev", "prod")
	user := m.users[m.random.IntN(len(m.users))]
	switch n := m.random.IntN(12); {
	case n < 2:
		return func() {
			m.note("add %s %s", name, user.name)
			m.put(name, user)
		}
	case n < 5 && m.now("dev") != "" && m.now("prod") != "":
		return func() {
			dev, prod := m.userNamed(m.now("dev")), m.userNamed(m.now("prod"))
			m.note("swap: dev %s, prod %s", prod.name, dev.name)
			m.put("dev", prod)
			m.put("prod", dev)
		}
	case n < 6 && m.now(name) != "":
		return func() {
			m.note("remove %s", name)
			m.becomes(name, "", func() { m.must("remove", name, "--yes") })
		}
	case n < 7:
		return func() {
			m.note("rotate own")
			m.must("rotate", "own", "--yes")
			m.saved = nil // the saved files hold a deleted key now
		}
	case n < 9 || m.saved == nil:
		return m.save
	case n < 10 || m.kind == "keyring":
		return func() {
			m.note("index restored")
			m.restore("index")
		}
	case n < 11:
		return func() {
			m.note("store restored")
			m.restore("store")
		}
	default:
		return func() {
			m.note("index and store restored")
			m.restore("index", "store")
		}
	}
}

func (m *identities) file(what string) string {
	if what == "store" {
		return m.path("data", "awsexec", "keystore.age")
	}
	if m.kind == "file" {
		return m.path("data", "awsexec", "keystore.index.json")
	}
	return m.path("data", "awsexec", "keyring.index.json")
}

// save copies the files.
func (m *identities) save() {
	m.note("saved")
	m.saved = map[string]string{"dev": m.now("dev"), "prod": m.now("prod")}
	m.index = read(m.t, m.file("index"))
	if m.kind == "file" {
		m.store = read(m.t, m.file("store"))
	}
}

// restore puts back saved files. The store decides which keys the names have.
func (m *identities) restore(what ...string) {
	put := func() {
		for _, w := range what {
			data := m.index
			if w == "store" {
				data = m.store
			}
			if err := atomicfile.Write(m.file(w), data, 0o600); err != nil {
				m.t.Error(err)
			}
		}
	}
	if !slices.Contains(what, "store") {
		put()
		return
	}
	m.becomes("dev", m.saved["dev"], func() { m.becomes("prod", m.saved["prod"], put) })
}

// session gets a session of name, by print or whoami, and checks whose it is.
func (m *identities) session(step int, name string, byPrint bool) {
	args := []string{"-p", name}
	if !byPrint {
		args = []string{"whoami", "-p", name}
	}
	began := time.Now()
	r := m.start(command{args: args}).wait()
	allowed := m.possible(name, began, time.Now())
	got := ""
	switch {
	case r.code != 0 && slices.Contains(allowed, ""):
		return
	case r.code != 0:
		m.t.Errorf("step %d, %q: exit code %d, stderr:\n%s", step, args, r.code, r.stderr)
		return
	case byPrint:
		creds, err := processfmt.Decode(strings.NewReader(r.stdout))
		if err != nil {
			m.t.Error(err)
			return
		}
		id, err := m.client.WhoAmI(m.t.Context(), creds)
		if err != nil {
			m.t.Error(err)
			return
		}
		got = id.ARN[strings.LastIndexByte(id.ARN, '/')+1:]
	default:
		for _, user := range append(m.users, m.own) {
			if strings.Contains(r.stdout, ":user/"+user.name) {
				got = user.name
			}
		}
	}
	m.mu.Lock()
	m.sessions++
	m.done = append(m.done, fmt.Sprintf("%q is %s", args, got))
	m.mu.Unlock()
	if !slices.Contains(allowed, got) {
		m.t.Errorf("step %d: %q returned a session of %q; the name had the keys of %q", step, args, got, allowed)
	}
}
