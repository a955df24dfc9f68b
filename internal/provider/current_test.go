package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

const (
	bobID     = "AKIAIOSFODNN7BOB0001"
	bobSecret = "S3CR3TMARKER/bJalrXUtnFEMI/K7MDENGbPxBob"
)

// changing is a keystore whose keys change.
type changing struct {
	mu     sync.Mutex
	keys   map[string]aws.Credentials
	stale  map[string]string // ids that the index has wrong until a key is read
	onRead func()            // called before a key is read
}

func (c *changing) Get(_ context.Context, name string) (aws.Credentials, error) {
	c.mu.Lock()
	onRead := c.onRead
	c.mu.Unlock()
	if onRead != nil {
		onRead()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stale = nil
	key, ok := c.keys[name]
	if !ok {
		return key, fmt.Errorf("key %q: %w", name, keystore.ErrNotFound)
	}
	return key, nil
}

func (c *changing) KeyID(_ context.Context, name string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id := c.stale[name]; id != "" {
		return id, nil
	}
	key, ok := c.keys[name]
	if !ok {
		return "", fmt.Errorf("key %q: %w", name, keystore.ErrNotFound)
	}
	return key.AccessKeyID, nil
}

func (c *changing) List(context.Context) map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := map[string]bool{}
	for name := range c.keys {
		names[name] = true
	}
	for name := range c.stale {
		names[name] = true
	}
	return names
}

// swap exchanges the keys of two names.
func (c *changing) swap() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys["dev"], c.keys["prod"] = c.keys["prod"], c.keys["dev"]
}

// waits are events that do something when the turn to renew is waited for.
type waits struct {
	recorder
	during func()
}

func (w *waits) WaitingForPerson(what string) func() { return w.Waiting(what) }

func (w *waits) Waiting(what string) func() {
	if w.during != nil && strings.Contains(what, "another awsexec") {
		w.during()
	}
	return func() {}
}

// swapping are options in which dev has alice's key and prod bob's. Only alice may assume role one.
func swapping(t *testing.T) (*ststest.Server, world, *changing, *waits) {
	t.Helper()
	server, err := ststest.Start(ststest.Config{
		Users: []ststest.User{
			{Account: "123456789012", Name: "alice", AccessKeyID: aliceID, SecretAccessKey: secret},
			{Account: "123456789012", Name: "bob", AccessKeyID: bobID, SecretAccessKey: bobSecret},
		},
		Roles: []ststest.Role{{ARN: roleOne, Trust: []string{"arn:aws:iam::123456789012:user/alice"}, MaxSessionDuration: 12 * time.Hour}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	keys := &changing{
		keys: map[string]aws.Credentials{
			"dev": {AccessKeyID: aliceID, SecretAccessKey: secret}, "prod": {AccessKeyID: bobID, SecretAccessKey: bobSecret},
		},
		stale: map[string]string{},
	}
	events := &waits{}
	o := options(t, server)
	o.Keys, o.Events = keys, events
	return server, o, keys, events
}

func named(name string) *profile.Profile { return &profile.Profile{Name: name} }

// roleOf is role one, assumed by the key of that name, for so long.
func roleOf(name string, duration time.Duration) *profile.Profile {
	return &profile.Profile{Name: "role", RoleARN: roleOne, SourceProfile: name, Source: named(name), Duration: duration}
}

// wantUser fails unless the profile's session is one of user.
func wantUser(t *testing.T, o world, name, user string) {
	t.Helper()
	creds, err := retrieve(t, named(name), o)
	if err != nil {
		t.Fatal(err)
	}
	id, err := o.Client.WhoAmI(t.Context(), creds)
	if err != nil || !strings.HasSuffix(id.ARN, ":user/"+user) {
		t.Errorf("%s gets a session of %s, want %s; %v", name, id.ARN, user, err)
	}
}

// Keys that are swapped while a session is waited for, or are others than the index says, lead nobody to another's session, then or later.
func TestSwappedKeys(t *testing.T) {
	for name, disturb := range map[string]func(keys *changing, events *waits){
		"before the turn comes": func(keys *changing, events *waits) {
			var once sync.Once
			events.during = func() { once.Do(keys.swap) }
		},
		"before the key is read": func(keys *changing, _ *waits) {
			var once sync.Once
			keys.onRead = func() { once.Do(keys.swap) }
		},
		"unknown to the index": func(keys *changing, _ *waits) {
			keys.swap()
			keys.stale = map[string]string{"dev": aliceID, "prod": bobID}
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, o, keys, events := swapping(t)
			disturb(keys, events)
			for range 2 {
				wantUser(t, o, "dev", "bob")
				wantUser(t, o, "prod", "alice")
			}
		})
		t.Run(name+", a role", func(t *testing.T) {
			for _, duration := range []time.Duration{0, 2 * time.Hour} { // with a session in between, and without
				server, o, keys, events := swapping(t)
				disturb(keys, events)
				if _, err := retrieve(t, roleOf("dev", duration), o); !isCode(err, "AccessDenied") {
					t.Errorf("a role that only alice may assume: %v", err)
				}
				if _, err := retrieve(t, roleOf("prod", duration), o); err != nil {
					t.Error(err)
				}
				// What was made for one of them is not found by the other.
				if _, err := retrieve(t, roleOf("dev", duration), o); !isCode(err, "AccessDenied") {
					t.Errorf("a role that only alice may assume: %v", err)
				}
				if server.Calls("AssumeRole") == 0 {
					t.Error("no role was assumed")
				}
			}
		})
	}
}

func isCode(err error, code string) bool {
	return awsapi.Refused(err) && strings.Contains(err.Error(), code)
}

// A session that is there and fresh is not handed out for a name that has another key by now.
func TestSwappedBesideSessions(t *testing.T) {
	_, o, keys, _ := swapping(t)
	wantUser(t, o, "dev", "alice")
	wantUser(t, o, "prod", "bob")
	from, err := New(t.Context(), named("dev"), o.Parts, o.Flags)
	if err != nil {
		t.Fatal(err)
	}
	keys.swap()
	creds, err := from.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id, err := o.Client.WhoAmI(t.Context(), creds); err != nil || !strings.HasSuffix(id.ARN, ":user/bob") {
		t.Errorf("got a session of %s, %v", id.ARN, err)
	}
	if s, ok := SessionOf(t.Context(), from); !ok || s.Name != "dev" || s.Key.Base != bobID {
		t.Errorf("the session is said to be made with %s of %s", s.Key.Base, s.Name)
	}
}

// A key that is removed, or put under another name, leaves no session behind under the old one.
func TestRemovedKey(t *testing.T) {
	_, o, keys, events := swapping(t)
	events.during = func() {
		keys.mu.Lock()
		defer keys.mu.Unlock()
		delete(keys.keys, "dev")
	}
	if _, err := retrieve(t, named("dev"), o); err == nil {
		t.Error("a session of a key that was removed")
	}
	events.during = nil
	keys.keys["dev"] = keys.keys["prod"]
	wantUser(t, o, "dev", "bob")
	wantUser(t, o, "prod", "bob") // the same key under two names
}

// A key that changes each time ends in an error, and nothing is stored.
func TestKeyThatChangesAlways(t *testing.T) {
	server, o, keys, events := swapping(t)
	swaps := 0
	events.during = func() { swaps++; keys.swap() }
	_, err := retrieve(t, named("dev"), o)
	var changed *KeyChangedError
	if !errors.As(err, &changed) || changed.Name != "dev" || swaps != resolveTries {
		t.Errorf("after %d swaps: %v", swaps, err)
	}
	if n := server.Calls("GetSessionToken"); n != 0 {
		t.Errorf("%d sessions were made", n)
	}
}

// A session that cannot be renewed is no last resort for a name that has another key by now.
func TestFallBackOfSwappedKey(t *testing.T) {
	_, o, keys, _ := swapping(t)
	c := &cached{m: newMaker(o.Parts, o.Flags), key: cache.Key{Base: aliceID}, name: "dev", lock: "x", issue: func(context.Context) (aws.Credentials, error) {
		keys.swap()
		return aws.Credentials{}, errors.New("connection refused")
	}}
	now := o.Now()
	if err := o.Cache.Store(t.Context(), c.key, cache.Session{Credentials: minted(1, now, 5*time.Minute), Issued: now.Add(-time.Hour), MadeWith: aliceID}, now); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Retrieve(t.Context()); err == nil || got.HasKeys() {
		t.Error("alice's session was handed out for bob's key")
	}
}
