package cache

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const marker = "S3CR3TMARKER"

var (
	now  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	work = Key{Base: "AKIAIOSFODNN7EXAMPLE", Operation: "GetSessionToken", Partition: "aws", Duration: time.Hour}
)

func session(expires time.Time) Session {
	return Session{
		Issued: now, MadeWith: work.Base,
		Credentials: aws.Credentials{
			AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: marker + "secret", SessionToken: marker + strings.Repeat("t", 8<<10),
			AccountID: "123456789012", Source: "GetSessionToken", CanExpire: true, Expires: expires,
		},
	}
}

func newCache(t *testing.T) *Cache {
	return New(t.TempDir(), func(context.Context, bool) ([32]byte, error) { return [32]byte{1, 2, 3}, nil })
}

func store(t *testing.T, c *Cache, k Key, s Session) {
	t.Helper()
	if err := c.Store(t.Context(), k, s, now); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, c *Cache, k Key) (Session, bool) {
	t.Helper()
	s, ok, err := c.Load(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return s, ok
}

func TestLoadGivesWhatStoreGot(t *testing.T) {
	c := newCache(t)
	if _, ok := load(t, c, work); ok {
		t.Error("an empty cache has a session")
	}
	want := session(now.Add(time.Hour))
	store(t, c, work, want)
	if got, ok := load(t, c, work); !ok || got != want {
		t.Error("the session read is not the one written")
	}
}

// TestKeysDiffer: sessions that differ in anything have different files.
func TestKeysDiffer(t *testing.T) {
	c := newCache(t)
	store(t, c, work, session(now.Add(time.Hour)))
	for name, change := range map[string]func(*Key){
		"base":      func(k *Key) { k.Base = "AKIAIOSFODNN7EXAMPLF" },
		"operation": func(k *Key) { k.Operation = "AssumeRole" },
		"partition": func(k *Key) { k.Partition = "aws-cn" },
		"region":    func(k *Key) { k.Region = "ap-east-1" },
		"endpoint":  func(k *Key) { k.Endpoint = "http://127.0.0.1:1" },
		"mfa":       func(k *Key) { k.MFASerial = "arn:aws:iam::123456789012:mfa/me" },
		"duration":  func(k *Key) { k.Duration = 2 * time.Hour },
	} {
		other := work
		change(&other)
		if _, ok := load(t, c, other); ok {
			t.Errorf("a session of another %s was handed out", name)
		}
	}
}

func TestFilesAreSealedAndPrivate(t *testing.T) {
	c := newCache(t)
	store(t, c, work, session(now.Add(time.Hour)))
	if err := c.RememberCode(t.Context(), "serial", "123456", now); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(string(c.dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, secret := range []string{marker, "ASIAIOSFODNN7EXAMPLE", "123456"} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds %s in plaintext", path, secret)
			}
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		if runtime.GOOS != "windows" && fi.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, fi.Mode())
		}
		return nil
	})
	if err != nil || files != 2 {
		t.Errorf("looked at %d files: %v", files, err)
	}
}

// TestDamagedFilesAreMisses: a damaged file does not open, and is removed.
func TestDamagedFilesAreMisses(t *testing.T) {
	c := newCache(t)
	s := session(now.Add(time.Hour))
	s.Credentials.SessionToken = marker
	store(t, c, work, s)
	path := c.path(work)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, i int, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := load(t, c, work); ok {
			t.Errorf("byte %d %s: opened", i, what)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("byte %d %s: the file is still there: %v", i, what, err)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		try("flipped", i, bad)
		try("cut off", i, good[:i])
	}
	try("appended", len(good), append(bytes.Clone(good), 0))
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := load(t, c, work); !ok {
		t.Error("the undamaged file does not open")
	}
}

func TestFilesDoNotOpenElsewhere(t *testing.T) {
	c := newCache(t)
	store(t, c, work, session(now.Add(time.Hour)))
	data, err := os.ReadFile(c.path(work))
	if err != nil {
		t.Fatal(err)
	}
	other := work
	other.MFASerial = "arn:aws:iam::123456789012:mfa/me"
	if err := os.WriteFile(c.path(other), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := load(t, c, other); ok {
		t.Error("a session opened under the name of another")
	}
	stranger := New(string(c.dir), func(context.Context, bool) ([32]byte, error) { return [32]byte{9}, nil })
	if _, ok := load(t, stranger, work); ok {
		t.Error("a session opened with another key")
	}
}

func TestSealingKeyIsAskedForOnlyWhenNeeded(t *testing.T) {
	asked := 0
	locked := errors.New("locked")
	answer := locked
	c := New(t.TempDir(), func(context.Context, bool) ([32]byte, error) { asked++; return [32]byte{1}, answer })
	if _, _, err := c.Load(t.Context(), work); err != nil || asked != 0 {
		t.Errorf("a miss asked %d times: %v", asked, err)
	}
	if err := c.Store(t.Context(), work, session(now), now); !errors.Is(err, locked) {
		t.Errorf("got %v, want the key's error", err)
	}
	answer = nil
	store(t, c, work, session(now.Add(time.Hour)))
	load(t, c, work)
	if asked != 3 {
		t.Errorf("asked %d times, want one failure and two successes", asked)
	}
}

// TestStaleSealingKey: a remembered key that is out of date costs no session: the
// right one replaces it.
func TestStaleSealingKey(t *testing.T) {
	kept, remembered := [32]byte{1}, [32]byte{9}
	var again []bool
	right := New(t.TempDir(), func(context.Context, bool) ([32]byte, error) { return kept, nil })
	stale := New(string(right.dir), func(_ context.Context, a bool) ([32]byte, error) {
		if again = append(again, a); a {
			remembered = kept
		}
		return remembered, nil
	})
	want := session(now.Add(time.Hour))
	store(t, right, work, want)
	if got, ok := load(t, stale, work); !ok || got != want || !slices.Equal(again, []bool{false, true}) {
		t.Errorf("with a stale key: found %v, asked %v", ok, again)
	}
	store(t, stale, work, want)
	if _, ok := load(t, right, work); !ok || len(again) != 3 {
		t.Errorf("afterwards: found %v, asked %v", ok, again)
	}

	// Without the right key the session stays as it is.
	locked := errors.New("locked")
	blind := New(string(right.dir), func(_ context.Context, a bool) ([32]byte, error) {
		if a {
			return [32]byte{}, locked
		}
		return [32]byte{9}, nil
	})
	if _, ok, err := blind.Load(t.Context(), work); ok || !errors.Is(err, locked) {
		t.Errorf("without the right key: found %v, %v", ok, err)
	}
	if _, ok := load(t, right, work); !ok {
		t.Error("the session is gone")
	}

	// A file that is no session at all is no reason to doubt the key.
	if err := os.WriteFile(right.path(work), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := load(t, stale, work); ok || len(again) != 4 {
		t.Errorf("garbage: found %v, asked %v", ok, again)
	}
}

// TestSessionOfAnotherKey: Load returns no session of another long-term key,
// whatever was stored.
func TestSessionOfAnotherKey(t *testing.T) {
	c := newCache(t)
	foreign := session(now.Add(time.Hour))
	foreign.MadeWith = "AKIAIOSFODNN7EXAMPLF"
	if err := c.Store(t.Context(), work, foreign, now); err == nil {
		t.Error("it was stored")
	}
	if _, ok := load(t, c, work); ok {
		t.Error("it is there")
	}
	// As a caller that did not compare the keys would have stored it.
	path := c.path(work)
	data, err := SealSession(&[32]byte{1, 2, 3}, foreign, Name(filepath.ToSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, ok := load(t, c, work); ok {
		t.Error("it was loaded")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was left: %v", err)
	}
}

func TestForget(t *testing.T) {
	c := newCache(t)
	other := work
	other.Base = "AKIAIOSFODNN7EXAMPLF"
	long := work
	long.Duration = 2 * time.Hour
	for _, k := range []Key{work, long, other} {
		s := session(now.Add(k.Duration))
		s.MadeWith = k.Base
		store(t, c, k, s)
	}
	unfinished := filepath.Join(string(c.dir), baseDir(work.Base), ".x"+suffix+".tmp-1")
	if err := os.WriteFile(unfinished, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Forget(work.Base); err != nil {
		t.Fatal(err)
	}
	present := func(k Key) bool { _, ok := load(t, c, k); return ok }
	if present(work) || present(long) || !present(other) {
		t.Error("the wrong sessions were forgotten")
	}
	if _, err := os.Stat(unfinished); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a killed process left is still there: %v", err)
	}
	if !c.Until(work, true, now).IsZero() {
		t.Error("a forgotten session still has an expiry")
	}
	if err := c.ForgetAll(); err != nil || present(other) {
		t.Errorf("not all is forgotten: %v", err)
	}
	empty := newCache(t)
	if err := errors.Join(empty.Forget("x"), empty.ForgetAll()); err != nil {
		t.Errorf("an empty cache: %v", err)
	}
}

func TestStoreTidies(t *testing.T) {
	c := newCache(t)
	expired := work
	expired.Duration = 2 * time.Hour
	store(t, c, expired, session(now.Add(-time.Second)))
	left := filepath.Join(filepath.Dir(c.path(work)), ".left.tmp-1")
	fresh := filepath.Join(filepath.Dir(c.path(work)), ".fresh.tmp-2")
	for path, age := range map[string]time.Duration{left: 2 * time.Hour, fresh: time.Minute} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	store(t, c, work, session(now.Add(time.Hour)))
	entries, err := os.ReadDir(filepath.Dir(left))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{filepath.Base(fresh), filepath.Base(c.path(work))}; !slices.Equal(names, want) {
		t.Errorf("the directory holds %v, want %v", names, want)
	}
}

func TestCodes(t *testing.T) {
	c := newCache(t)
	if c.CodeSent(t.Context(), "a", "123456", now) {
		t.Error("an unknown code was sent")
	}
	for _, code := range []string{"123456", "234567"} {
		if err := c.RememberCode(t.Context(), "a", code, now); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		serial, code string
		at           time.Time
		want         bool
	}{
		{"a", "123456", now, true},
		{"a", "234567", now.Add(90 * time.Second), true},
		{"a", "123457", now, false},
		{"b", "123456", now, false},
		{"a", "123456", now.Add(codeMemory), false},
		{"a", "123456", now.Add(-time.Hour), false}, // the clock was set back
	} {
		if got := c.CodeSent(t.Context(), tt.serial, tt.code, tt.at); got != tt.want {
			t.Errorf("code %s of %s at %v: sent = %v", tt.code, tt.serial, tt.at, got)
		}
	}
	// Old records are dropped, damaged ones do no harm.
	later := now.Add(2 * codeMemory)
	if err := c.RememberCode(t.Context(), "a", "345678", later); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(string(c.dir), codesFile("a"))); len(data) != recordSize {
		t.Errorf("%d bytes are kept for one code", len(data))
	}
	if err := os.WriteFile(filepath.Join(string(c.dir), codesFile("a")), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c.CodeSent(t.Context(), "a", "345678", later) {
		t.Error("garbage holds a code")
	}
}

func BenchmarkLoad(b *testing.B) {
	c := New(b.TempDir(), func(context.Context, bool) ([32]byte, error) { return [32]byte{1}, nil })
	s := session(now.Add(time.Hour))
	s.Credentials.SessionToken = strings.Repeat("t", 400)
	if err := c.Store(b.Context(), work, s, now); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := c.Load(b.Context(), work); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// path returns where the session of k is kept.
func (c *Cache) path(k Key) string { return filepath.Join(string(c.dir), filepath.FromSlash(k.File())) }
