package migrate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/internal/ststest"
)

func TestFind(t *testing.T) {
	const session = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + ststest.Marker + "\naws_session_token = " + ststest.Marker + "\n"
	const minio = "aws_access_key_id = minio\naws_secret_access_key = " + ststest.Marker + "\n"
	for name, tt := range map[string]struct{ config, credentials, skip, err string }{
		"a key":                {"", "[work]\n" + inFile(fakeKey(1)), "", ""},
		"the same in both":     {"[profile work]\n" + inFile(fakeKey(1)), "[work]\n" + inFile(fakeKey(1)), "", ""},
		"two keys":             {"[profile work]\n" + inFile(fakeKey(1)), "[work]\n" + inFile(fakeKey(2)), "", "another key than at "},
		"a session":            {"", "[work]\n" + session, "a session, which expires by itself", ""},
		"another service":      {"", "[work]\n" + minio, "", ""},
		"its secret is odd":    {"", "[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n", "", "invalid secret access key"},
		"it has spaces":        {"", "[work]\naws_access_key_id = a b\naws_secret_access_key = x\n", "", "invalid access key id"},
		"not a profile":        {"[work]\n" + inFile(fakeKey(1)), "", "no SDK reads a profile from section [work]", ""},
		"an id alone":          {"", "[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "", "aws_secret_access_key is missing"},
		"awsexec is there":     {"[profile work]\ncredential_process = awsexec -p work\n", "[work]\n" + inFile(fakeKey(1)), "", ""},
		"another process":      {"[profile work]\ncredential_process = other\n", "[work]\n" + inFile(fakeKey(1)), "", "credential_process: is already there"},
		"a role":               {"[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = work\n", "[work]\n" + inFile(fakeKey(1)), "", "role_arn: "},
		"a name of the system": {"", "[w;k]\n" + inFile(fakeKey(1)), "", "invalid name for the keystore"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.config, tt.credentials)
			keys := Find(w.planner().Config, self, noEnv)
			if len(keys) != 1 {
				t.Fatalf("found %d keys, want 1", len(keys))
			}
			for what, got := range map[string]struct {
				err  error
				want string
			}{"skip": {keys[0].Skip, tt.skip}, "err": {keys[0].Err, tt.err}} {
				if (got.err == nil) != (got.want == "") || got.err != nil && !strings.Contains(got.err.Error(), got.want) {
					t.Errorf("%s: got %v, want %q", what, got.err, got.want)
				}
			}
		})
	}
}

func TestChoose(t *testing.T) {
	w := newWorld(t, "[c]\n"+inFile(fakeKey(3)), "[a]\n"+inFile(fakeKey(1))+"[b]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n")
	all := Find(w.planner().Config, self, noEnv)
	for _, tt := range []struct{ names, chosen, missing []string }{
		{nil, []string{"a"}, nil},
		{[]string{"b", "x", "a", "b", "c"}, []string{"b", "a"}, []string{"x", "c"}},
	} {
		chosen, missing := Choose(all, tt.names)
		var names []string
		for _, k := range chosen {
			names = append(names, k.Profile)
		}
		if !slices.Equal(names, tt.chosen) || !slices.Equal(missing, tt.missing) {
			t.Errorf("%q: got %q and %q, want %q and %q", tt.names, names, missing, tt.chosen, tt.missing)
		}
	}
}

// A key of another service is moved if its profile uses one, or if it is named. AWS
// is not asked whose it is.
func TestForeign(t *testing.T) {
	const minio = "aws_access_key_id = minio\naws_secret_access_key = " + ststest.Marker + "\n"
	w := newWorld(t, "[profile local]\nendpoint_url = http://127.0.0.1:9000\n", "[local]\n"+minio+"[test]\naws_access_key_id = test\naws_secret_access_key = test\n"+
		"[odd]\nendpoint_url = http://127.0.0.1:9000\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = "+ststest.Marker+"!\n")
	p := w.planner()
	all := Find(p.Config, self, noEnv)
	for _, tt := range []struct{ names, want []string }{{nil, []string{"local", "odd"}}, {[]string{"test"}, []string{"test"}}} {
		chosen, _ := Choose(all, tt.names)
		var names []string
		for _, k := range chosen {
			names = append(names, k.Profile)
			if !k.Foreign || k.Skip != nil || k.Err != nil {
				t.Errorf("%s: foreign %t, %v, %v", k.Profile, k.Foreign, k.Skip, k.Err)
			}
		}
		if !slices.Equal(names, tt.want) {
			t.Errorf("%q: chose %q, want %q", tt.names, names, tt.want)
		}
	}
	if failed := w.move(p); failed > 0 || slices.Contains(w.calls, "owner") {
		t.Errorf("%d failed, calls %q, told %q", failed, w.calls, w.told)
	}
	config, credentials := w.read()
	if !strings.Contains(config, commandOf("local", true)) || strings.Contains(credentials, "minio") || !strings.Contains(credentials, "aws_access_key_id = test") {
		t.Errorf("the files are %s\n%s", config, credentials)
	}
	if !slices.ContainsFunc(w.told, func(s string) bool {
		return strings.Contains(s, "no key of AWS") && strings.Contains(s, "127.0.0.1:9000")
	}) {
		t.Errorf("told %q", w.told)
	}
}

// The changes that a plan shows are those that the move makes, without secrets.
func TestPlanShowsWhatMoveDoes(t *testing.T) {
	w := newWorld(t, "[profile a]\nregion = x\n", "[a]\n"+inFile(fakeKey(1))+"[b]\n"+inFile(fakeKey(2)))
	config, credentials := w.read()
	p := w.planner()
	chosen, _ := Choose(Find(p.Config, self, noEnv), nil)
	_, changes, refused := p.Plan(t.Context(), chosen)
	if len(changes) != 2 || refused != nil {
		t.Fatalf("got %d changes, %v", len(changes), refused)
	}
	if c, k := w.read(); c != config || k != credentials || len(w.calls) != 0 || len(w.stored) != 0 {
		t.Error("something was done")
	}
	for _, c := range changes {
		if text := string(c.Old) + string(c.New); strings.Contains(text, ststest.Marker) {
			t.Errorf("a secret is shown:\n%s", text)
		}
	}
	if failed := w.move(p); failed != 0 {
		t.Errorf("%d keys were not moved: %q", failed, w.told)
	}
	config, credentials = w.read()
	if config != string(changes[0].New) || credentials != string(changes[1].New) {
		t.Errorf("the files are\n%s\n%s", config, credentials)
	}
	if want := "[profile a]\nregion = x\ncredential_process = " + processOf("a") + "\n\n[profile b]\ncredential_process = " + processOf("b") + "\n"; config != want {
		t.Errorf("config is\n%s\nwant\n%s", config, want)
	}
	want := []string{"verified " + fakeKey(1).AccessKeyID, "moved a", "verified " + fakeKey(2).AccessKeyID, "moved b"}
	if !slices.Equal(w.told, want) || w.stored["a"] != fakeKey(1) || w.stored["b"] != fakeKey(2) {
		t.Errorf("told %q, stored %d", w.told, len(w.stored))
	}
}

// What the keystore has under the name decides what is done.
func TestMoveMeetsStoredKey(t *testing.T) {
	other := fakeKey(1)
	other.SecretAccessKey = fakeKey(9).SecretAccessKey
	for name, tt := range map[string]struct {
		stored            int  // number of the key; 0 for the same id with another secret
		noVerify, replace bool // as in Planner
		calls             string
		failed            int
	}{
		"the same":                     {1, false, false, "", 0},
		"another":                      {2, false, false, "", 1},
		"another, to be replaced":      {2, false, true, "owner, put work " + fakeKey(2).AccessKeyID, 0},
		"another secret":               {0, false, false, "owner, put work", 0},
		"another secret, not verified": {0, true, false, "", 1},
		"another secret, replaced":     {0, true, true, "put work " + fakeKey(1).AccessKeyID, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "", "[work]\n"+inFile(fakeKey(1)))
			w.stored["work"] = other
			if tt.stored != 0 {
				w.stored["work"] = fakeKey(tt.stored)
			}
			before := w.stored["work"]
			p := w.planner()
			p.NoVerify, p.Replace = tt.noVerify, tt.replace
			failed := w.move(p)
			calls := slices.DeleteFunc(w.calls, func(c string) bool { return strings.HasPrefix(c, "release") })
			if got := strings.Join(calls, ", "); got != tt.calls || failed != tt.failed {
				t.Errorf("made the calls %q, want %q; %d failed: %q", got, tt.calls, failed, w.told)
			}
			if tt.failed == 1 && w.stored["work"] != before {
				t.Error("the stored key was replaced")
			}
			if tt.failed == 0 && w.stored["work"] != fakeKey(1) {
				t.Error("the key was not stored")
			}
		})
	}
}

// A key that cannot be moved stays where it is, and the others are moved.
func TestMoveOfOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(*world)
		want string
	}{
		"name is busy": {func(w *world) { w.busy["a"] = true }, `key of profile "a": another awsexec is changing it`},
		"id is busy":   {func(w *world) { w.busy[fakeKey(1).AccessKeyID] = true }, `key of profile "a": another awsexec is changing it`},
		"is rotated":   {func(w *world) { w.retiring[fakeKey(1).AccessKeyID] = true }, `key of profile "a": ` + errRetiring.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "", "[b]\n"+inFile(fakeKey(2))+"[a]\n"+inFile(fakeKey(1)))
			tt.set(w)
			if failed := w.move(w.planner()); failed != 1 || !slices.Contains(w.told, tt.want) || !slices.Contains(w.told, "moved b") {
				t.Errorf("%d failed, told %q", failed, w.told)
			}
			if _, credentials := w.read(); credentials != "[b]\n[a]\n"+inFile(fakeKey(1)) {
				t.Errorf("credentials is\n%s", credentials)
			}
		})
	}
}

// All names are locked before all ids, each in their order, and all are released.
func TestMoveLocksInOrder(t *testing.T) {
	w := newWorld(t, "", "[b]\n"+inFile(fakeKey(1))+"[a]\n"+inFile(fakeKey(2))+"[c]\n"+inFile(fakeKey(1)))
	if failed := w.move(w.planner()); failed != 0 {
		t.Fatalf("told %q", w.told)
	}
	if want := []string{"a", "b", "c", fakeKey(1).AccessKeyID, fakeKey(2).AccessKeyID}; !slices.Equal(w.held, want) {
		t.Errorf("locked %q, want %q", w.held, want)
	}
	for _, what := range w.held {
		if !slices.Contains(w.calls, "release "+what) {
			t.Errorf("%s is still locked", what)
		}
	}
}

// A key that AWS does not confirm is not stored.
func TestMoveUnverified(t *testing.T) {
	w := newWorld(t, "", "[work]\n"+inFile(fakeKey(1)))
	w.ownerErr = errors.New("SignatureDoesNotMatch")
	if failed := w.move(w.planner()); failed != 1 || w.told[0] != `key of profile "work": nothing was stored: SignatureDoesNotMatch` || len(w.stored) != 0 {
		t.Errorf("%d failed, told %q", failed, w.told)
	}
}

// Wherever a move ends, the next run goes on from there: the credentials file is
// edited last.
func TestMoveGoesOn(t *testing.T) {
	w := newWorld(t, "", "[work]\n"+inFile(fakeKey(1)))
	w.refused = w.files.Credentials
	if failed := w.move(w.planner()); failed != 1 || !strings.Contains(w.told[1], "it is stored, and still in plaintext: "+errReadOnly.Error()) {
		t.Fatalf("%d failed, told %q", failed, w.told)
	}
	w.refused, w.told, w.calls = "", nil, nil
	if failed := w.move(w.planner()); failed != 0 || !slices.Equal(w.told, []string{"moved work"}) || slices.Contains(w.calls, "owner") {
		t.Errorf("%d failed, told %q, calls %q", failed, w.told, w.calls)
	}
	if config, credentials := w.read(); config != "[profile work]\ncredential_process = "+processOf("work")+"\n" || credentials != "[work]\n" {
		t.Errorf("the files are\n%s\n%s", config, credentials)
	}
}

// A move that is interrupted ends after the key at hand.
func TestMoveInterrupted(t *testing.T) {
	w := newWorld(t, "", "[a]\n"+inFile(fakeKey(1))+"[b]\n"+inFile(fakeKey(2)))
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	w.onPut = func() { cancel(interrupted) }
	p := w.planner()
	chosen, _ := Choose(Find(p.Config, self, noEnv), nil)
	plans, _, _ := p.Plan(ctx, chosen)
	if _, err := w.mover(p).Move(ctx, plans); !errors.Is(err, interrupted) || len(w.stored) != 1 {
		t.Errorf("got %v, stored %d keys", err, len(w.stored))
	}
}

// A move reports what an old rotation leaves at AWS, and where the secret still
// is.
func TestMoveTellsWhatRemains(t *testing.T) {
	key := fakeKey(1)
	w := newWorld(t, "", "# "+key.SecretAccessKey+"\n[work]\n"+inFile(key))
	w.remains = rotate.Remains{KeyIDs: []string{"AKIAOLD"}}
	w.move(w.planner())
	want := []string{
		"verified " + key.AccessKeyID, "abandoned [AKIAOLD]", "moved work",
		`the secret of profile "work" is still in plaintext in ` + w.files.Credentials,
	}
	if !slices.Equal(w.told, want) {
		t.Errorf("told %q, want %q", w.told, want)
	}
}
