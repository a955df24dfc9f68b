package tokens

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
)

func newTestCache(dir string) *cache.Cache {
	return cache.New(dir, func(context.Context, bool) ([32]byte, error) { return [32]byte{1, 2, 3}, nil })
}

var (
	corp    = ID{Kind: KindSSO, Session: "corp", StartURL: "https://x.example/start", Region: "eu-west-1"}
	corpSSO = SSO{AccessToken: marker + "a", ExpiresAt: noon, RefreshToken: marker + "r", ClientID: "c", ClientSecret: marker + "s", RegistrationEnds: noon.Add(time.Hour)}
)

// Tokens come out of a sealed file as they went in. What shows without a key is when
// they end, and not more.
func TestSealed(t *testing.T) {
	c := newTestCache(t.TempDir())
	s := NewSealed[SSO](c, corp)
	if _, err := s.Load(t.Context()); !isSignIn(err, Missing) {
		t.Errorf("without a file: %v", err)
	}
	if err := s.Save(t.Context(), corpSSO); !isSignIn(err, Missing) {
		t.Errorf("saved where nobody has signed in: %v", err)
	}
	if err := errors.Join(s.CheckSave(), s.Put(t.Context(), corpSSO, true)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Load(t.Context()); err != nil || got != corpSSO {
		t.Errorf("loaded %v, %v", got, err)
	}
	data, err := os.ReadFile(s.ID())
	if err != nil || strings.Contains(string(data), marker) {
		t.Errorf("%q, %v", data, err)
	}
	if state, shared, err := s.State(); err != nil || !shared || state != (State{noon, true, noon.Add(time.Hour)}) {
		t.Errorf("%v, %t, %v", state, shared, err)
	}
	next := corpSSO
	next.RefreshToken, next.ExpiresAt = "", noon.Add(time.Hour)
	if err := s.Save(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if state, shared, err := s.State(); err != nil || !shared || state != (State{noon.Add(time.Hour), false, noon.Add(time.Hour)}) {
		t.Errorf("%v, %t, %v", state, shared, err)
	}
	registration := NewSealed[Registration](c, ID{Kind: KindRegistration, StartURL: corp.StartURL, Region: corp.Region, Scopes: "a", Grant: "b"})
	login := NewSealed[Login](c, ID{Kind: KindLogin, Session: "arn:x"})
	key := Login{AccessKeyID: "ASIAX", SecretAccessKey: marker, RefreshToken: "r", ExpiresAt: noon}
	if err := errors.Join(registration.Put(t.Context(), Registration{"c", marker, noon}, false), login.Put(t.Context(), key, false)); err != nil {
		t.Fatal(err)
	}
	if got, err := login.Load(t.Context()); err != nil || got != key {
		t.Errorf("%v, %v", got, err)
	}
	all, err := List(c)
	if err != nil || len(all) != 3 {
		t.Fatalf("%v, %v", all, err)
	}
	for _, k := range all {
		if k.Kind == KindSSO && (k.ID != corp || k.Path != s.ID() || !k.Shared || k.Renewable) {
			t.Errorf("listed %+v", k)
		}
	}
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), corpSSO); !isSignIn(err, Missing) {
		t.Errorf("a sign-out was undone: %v", err)
	}
}

// A sign-in has a file of its own for all that makes it another one.
func TestSealedNames(t *testing.T) {
	seen := map[string]ID{}
	for _, id := range []ID{
		{}, {Kind: KindSSO}, {Kind: KindSSO, Session: "corp"}, {Kind: KindSSO, StartURL: "corp"}, {Kind: KindSSO, Region: "corp"}, {Kind: KindLogin, Session: "corp"},
		{Kind: KindRegistration, Scopes: "corp"}, {Kind: KindRegistration, Grant: "corp"}, corp,
	} {
		if other, ok := seen[id.file()]; ok {
			t.Errorf("%+v and %+v have the same file", id, other)
		}
		seen[id.file()] = id
	}
}

// A file that awsexec cannot open makes a sign-in necessary; one that it must not touch
// does not.
func TestSealedErrors(t *testing.T) {
	dir := t.TempDir()
	c := newTestCache(dir)
	s := NewSealed[SSO](c, corp)
	if err := s.Put(t.Context(), corpSSO, false); err != nil {
		t.Fatal(err)
	}
	other := cache.New(dir, func(context.Context, bool) ([32]byte, error) { return [32]byte{9}, nil })
	if _, err := NewSealed[SSO](other, corp).Load(t.Context()); !isSignIn(err, Unreadable) || !errors.Is(err, cache.ErrNotOpened) {
		t.Errorf("another key: %v", err)
	}
	locked := errors.New("locked")
	closed := cache.New(dir, func(context.Context, bool) ([32]byte, error) { return [32]byte{}, locked })
	if _, err := NewSealed[SSO](closed, corp).Load(t.Context()); !errors.Is(err, locked) {
		t.Errorf("no key: %v", err)
	}
	data, err := os.ReadFile(s.ID())
	if err != nil {
		t.Fatal(err)
	}
	data[len("awsexecs")]++
	if err := os.WriteFile(s.ID(), data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = s.Load(t.Context())
	_, _, stateErr := s.State()
	for _, err := range []error{err, stateErr, s.CheckSave(), s.Save(t.Context(), corpSSO), s.Put(t.Context(), corpSSO, false)} {
		if !errors.As(err, new(*cache.NewerError)) {
			t.Errorf("newer: %v", err)
		}
	}
	if all, err := List(c); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	if err := os.WriteFile(s.ID(), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context()); !isSignIn(err, Unreadable) {
		t.Errorf("damaged: %v", err)
	}
	if err := s.Put(t.Context(), corpSSO, false); err != nil {
		t.Errorf("a sign-in after that: %v", err)
	}
}
