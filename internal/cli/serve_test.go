package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/ststest"
)

// serving is a run of serve without a program.
type serving struct {
	w      *world
	vars   map[string]string // that it has printed
	stop   context.CancelCauseFunc
	code   chan int
	stderr bytes.Buffer // to be read after the end
}

// serve starts serve and reads the variables that it prints, n lines of them.
func (w *world) serve(n int, args ...string) *serving {
	w.t.Helper()
	ctx, stop := context.WithCancelCause(w.t.Context())
	s := &serving{w: w, vars: map[string]string{}, stop: stop, code: make(chan int, 1)}
	out, in := io.Pipe()
	go func() {
		code := run(ctx, args, w.deps("", in, &s.stderr))
		in.Close()
		s.code <- code
	}()
	lines := bufio.NewScanner(out)
	for range n {
		if !lines.Scan() {
			w.t.Fatalf("exit code %d instead of %d lines; said\n%s", <-s.code, n, &s.stderr)
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		if !ok {
			w.t.Fatalf("printed %q", lines.Text())
		}
		s.vars[name] = value
	}
	return s
}

// end ends it as a signal does.
func (s *serving) end(by syscall.Signal) string {
	s.w.t.Helper()
	s.stop(interrupt.Signal(by))
	if code := <-s.code; code != exitOK {
		s.w.t.Errorf("exit code %d", code)
	}
	if strings.Contains(s.stderr.String(), ststest.Marker) || strings.Contains(s.stderr.String(), s.vars["AWS_CONTAINER_AUTHORIZATION_TOKEN"]) {
		s.w.t.Errorf("a secret on standard error: %s", &s.stderr)
	}
	return s.stderr.String()
}

// get fetches what is at path.
func (s *serving) get(path string) (status int, answer map[string]string) {
	s.w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.vars["AWS_CONTAINER_CREDENTIALS_FULL_URI"]+path, nil)
	if err != nil {
		s.w.t.Fatal(err)
	}
	r.Header.Set("Authorization", s.vars["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		s.w.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// Several profiles are served by name, the first one as default; all is as their own awsexec would have it, and STS is asked once for each.
func TestServe(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.ok("AKIAIOSFODNN7ROOT001\n"+aliceSecret+"\n", "add", "a/b", "--stdin", "--no-verify")
	w.write(".aws/config", "[profile work]\nregion = eu-west-1\n[profile a/b]\n")
	s := w.serve(4, "-p", "work", "serve", "--refresh", "-p", "a/b", "-p", "work")
	if s.vars["AWS_REGION"] != "eu-west-1" || s.vars["AWS_DEFAULT_REGION"] != "eu-west-1" {
		t.Errorf("printed %v", s.vars)
	}
	keys := map[string]string{}
	for _, path := range []string{"", "work", "a%2Fb", "work", ""} {
		status, c := s.get(path)
		if status != http.StatusOK || !strings.HasPrefix(c["AccessKeyId"], "ASIA") || c["SecretAccessKey"] == "" || c["Token"] == "" || c["Expiration"] == "" {
			t.Fatalf("at %q: status %d, key %s", path, status, c["AccessKeyId"])
		}
		keys[path] = c["AccessKeyId"]
	}
	if keys[""] != keys["work"] || keys["a%2Fb"] == keys["work"] {
		t.Errorf("got %v", keys)
	}
	if r := w.ok("", "-p", "work"); !strings.Contains(r.out, keys["work"]) {
		t.Error("what is served is not what is printed")
	}
	if status, answer := s.get("none"); status != http.StatusNotFound || answer["code"] == "" {
		t.Errorf("an unknown profile: %d, %v", status, answer)
	}
	if n := w.server.Calls("GetSessionToken"); n != 2 {
		t.Errorf("%d sessions, want one of each key", n)
	}
	said := s.end(syscall.SIGINT)
	for _, part := range []string{`profile "work" is served at http://127.0.0.1:`, `profile "a/b" is served at http://127.0.0.1:`, "/a%2Fb\n"} {
		if !strings.Contains(said, part) {
			t.Errorf("said\n%swithout %q", said, part)
		}
	}
}

// TestServeFollowsTheKey: a running serve gives what a new call gives, a second
// after the key of the name was replaced, removed, added again or restored with
// the keystore: another user's session is handed out to nobody.
func TestServeFollowsTheKey(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	var ahead atomic.Int64
	w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s := w.serve(2, "-p", "work", "serve")
	given := map[string]string{}
	served := func(what string) {
		t.Helper()
		ahead.Add(int64(time.Second))
		status, c := s.get("")
		if status != http.StatusOK || !strings.Contains(w.ok("", "-p", "work").out, c["AccessKeyId"]) {
			t.Fatalf("%s: status %d, %s: %s, and a new call gives another session", what, status, c["AccessKeyId"], c["message"])
		}
		if before, ok := given[c["AccessKeyId"]]; ok && before != what {
			t.Errorf("%s: the session of %s", what, before)
		}
		given[c["AccessKeyId"]] = what
	}
	index, store := "data/awsexec/keystore.index.json", "data/awsexec/keystore.age"
	served("alice")
	oldIndex, oldStore := w.read(index), w.read(store)

	w.ok(bobID+"\n"+bobSecret+"\n", "add", "work", "--force", "--stdin")
	served("bob")
	newIndex, newStore := w.read(index), w.read(store)
	for _, restored := range []struct{ what, index, store string }{
		{"alice", newIndex, oldStore}, {"alice", oldIndex, oldStore}, {"alice", newIndex, oldStore}, {"bob", oldIndex, newStore}, {"bob", newIndex, newStore},
	} {
		w.write(index, restored.index)
		w.write(store, restored.store)
		served(restored.what)
	}

	w.ok("", "remove", "work", "--yes")
	ahead.Add(int64(time.Second))
	if status, answer := s.get(""); status != http.StatusForbidden || !strings.Contains(answer["message"], "no access key") {
		t.Errorf("without a key: status %d, %v", status, answer)
	}
	w.add("work")
	served("alice")
	s.end(syscall.SIGTERM)
}

// The server has several profiles renewed at once. The race detector watches.
func TestCredentialsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.add("other")
	d := w.deps("", io.Discard, io.Discard)
	settings, err := newSettings(d, &flags{}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	a := wire(d, newUI(d), settings, &flags{}, nil, newMemory(d, newUI(d)))
	var at sync.WaitGroup
	for _, name := range []string{"work", "other"} {
		p, err := a.session.Profile(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		at.Go(func() {
			for range 50 {
				if c, err := a.session.Credentials(t.Context(), p, execLimit); err != nil || c.SessionToken == "" {
					t.Errorf("profile %q: %v", name, err)
				}
			}
		})
	}
	at.Wait()
}

// Another address than loopback takes a word of the user, and a warning.
func TestServeRemote(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	s := w.serve(2, "-p", "work", "serve", "--listen", "0.0.0.0:0", "--allow-remote", "--allow-host", "box.example")
	_, port, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(s.vars["AWS_CONTAINER_CREDENTIALS_FULL_URI"], "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"box.example:" + port: 200, "other.example:" + port: 421} {
		r, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:"+port+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Authorization", s.vars["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("host %s: status %d, want %d", host, resp.StatusCode, want)
		}
	}
	if said := s.end(syscall.SIGTERM); !strings.Contains(said, "awsexec: warning: whoever can reach ") {
		t.Errorf("said\n%s", said)
	}
}

// awsexec under serve gets what serve gives, unless it is told a profile; and that it finds in the user's own files.
func TestUnderServe(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.add("default")
	s := w.serve(2, "-p", "work", "serve")
	_, c := s.get("")
	for name, value := range s.vars {
		w.env[name] = value
	}
	if r := w.ok("", "-p", "work"); strings.Count(r.out, "ASIA") != 1 || !strings.Contains(r.out, c["AccessKeyId"]) {
		t.Error("a named profile is not itself")
	}
	w.server.Fail("GetSessionToken", 10, ststest.Fault{Status: 400, Code: "Unexpected", Message: "there is a session"})
	w.ok("", "clear")
	w.env["AWSEXEC_PROFILE"] = "work"
	if r := w.ok(""); !strings.Contains(r.out, c["AccessKeyId"]) {
		t.Error("another key than the one that is served")
	}
	w.env["AWS_PROFILE"] = "work"
	w.refuse(exitFailed, "", nil, "Unexpected")
	delete(w.env, "AWS_PROFILE")
	s.end(syscall.SIGTERM)
	w.refuse(exitFailed, "", nil, "container", "hint: awsexec serve has ended; start the program again: awsexec serve work -- CMD")
}
