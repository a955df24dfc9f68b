package cache

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/credentials"
)

func TestBox(t *testing.T) {
	key := [32]byte{1, 2, 3}
	want := []string{"", marker, strings.Repeat("x", 9000), "é\x00"}
	box, err := Seal(&key, []byte("head"), "name", want...)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(box), marker) || string(box[:4]) != "head" {
		t.Error("a field is in plaintext, or the header is not")
	}
	open := func(key *[32]byte, box []byte, name string, fields int) ([]string, error) {
		got := make([]string, fields)
		var to []*string
		for i := range got {
			to = append(to, &got[i])
		}
		return got, Open(key, box, 4, name, to...)
	}
	if got, err := open(&key, box, "name", 4); err != nil || !slices.Equal(got, want) {
		t.Errorf("opened: %v", err)
	}
	for what, f := range map[string]func() ([]string, error){
		"another key":  func() ([]string, error) { return open(&[32]byte{9}, box, "name", 4) },
		"another name": func() ([]string, error) { return open(&key, box, "nam", 4) },
		"more header":  func() ([]string, error) { return open(&key, append([]byte("x"), box...), "name", 4) },
	} {
		if _, err := f(); !errors.Is(err, ErrNotOpened) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, fields := range []int{0, 3, 5} {
		if _, err := open(&key, box, "name", fields); err == nil {
			t.Errorf("opened as %d fields", fields)
		}
	}
	for i := range 40 {
		bad := slices.Clone(box)
		bad[i] ^= 1
		if _, err := open(&key, bad, "name", 4); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		if _, err := open(&key, box[:i], "name", 4); err == nil {
			t.Errorf("opened with %d bytes", i)
		}
	}
	again, err := Seal(&key, []byte("head"), "name", want...)
	if err != nil || slices.Equal(again, box) {
		t.Error("sealed twice the same way")
	}
}

func TestSession(t *testing.T) {
	key := [32]byte{1}
	issued := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := Session{Issued: issued, MadeWith: "AKIA", Credentials: credentials.Plain{AccessKeyID: "ASIA", SecretAccessKey: marker, SessionToken: marker + "t",
		AccountID: "1", Source: "s", CanExpire: true, Expires: issued.Add(time.Hour)}}
	file, err := SealSession(&key, want, Name("/a/b/c"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenSession(&key, file, "b/c"); err != nil || got != want {
		t.Errorf("opened as something else: %v", err)
	}
	peek, err := Peek(file[:SessionHeader])
	if err != nil || peek.Issued != issued || peek.Credentials.Expires != want.Credentials.Expires {
		t.Errorf("peeked %v, %v", peek.Credentials.Expires, err)
	}
	if _, err := Peek(file[:SessionHeader-1]); err == nil {
		t.Error("peeked into nothing")
	}
}

// TestSetBack: a session from the future has no life left, unless it is only
// minutes ahead.
func TestSetBack(t *testing.T) {
	issued := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	s := Session{Issued: issued, Credentials: credentials.Plain{Expires: issued.Add(12 * time.Hour)}}
	for back, fresh := range map[time.Duration]bool{time.Minute: true, 5 * time.Minute: true, 5*time.Minute + time.Second: false, 6 * time.Hour: false, 48 * time.Hour: false} {
		if now := issued.Add(-back); s.Fresh(now) != fresh || s.Left(now) > 0 != fresh {
			t.Errorf("set back by %v: fresh %v, %v left", back, s.Fresh(now), s.Left(now))
		}
	}
}

// TestFresh: a session is fresh while more than 16 minutes are left, or more than
// half of a shorter life.
func TestFresh(t *testing.T) {
	issued := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct{ life, left time.Duration }{
		{12 * time.Hour, 16 * time.Minute}, {time.Hour, 16 * time.Minute}, {20 * time.Minute, 10 * time.Minute}, {4 * time.Second, 2 * time.Second},
	} {
		s := Session{Issued: issued, Credentials: credentials.Plain{Expires: issued.Add(tt.life)}}
		at := s.Credentials.Expires.Add(-tt.left)
		if s.Fresh(at) || !s.Fresh(at.Add(-time.Nanosecond)) {
			t.Errorf("life of %v: not fresh to the last %v", tt.life, tt.left)
		}
	}
}
