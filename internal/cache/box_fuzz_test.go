package cache

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/credentials"
)

// FuzzOpenSession checks that only what was sealed opens, and that no error holds
// a secret.
func FuzzOpenSession(f *testing.F) {
	key := [32]byte{1, 2, 3}
	want := Session{Issued: time.Unix(1, 0).UTC(), MadeWith: "AKIA", Credentials: credentials.Plain{AccessKeyID: "ASIA", SecretAccessKey: marker, CanExpire: true, Expires: time.Unix(2, 0).UTC()}}
	good, err := SealSession(&key, want, "a/b")
	if err != nil {
		f.Fatal(err)
	}
	for _, data := range [][]byte{good, good[:len(good)-1], good[:SessionHeader], []byte(sessionMagic), nil, append(good[:len(good):len(good)], 0)} {
		f.Add(data, "a/b")
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		s, err := OpenSession(&key, data, name)
		if err == nil {
			if s != want || name != "a/b" {
				t.Fatal("something opens that was not sealed")
			}
			return
		}
		if s != (Session{}) || strings.Contains(err.Error(), marker) {
			t.Fatalf("an error comes with a session, or quotes a secret: %v", err)
		}
		_, _ = Peek(data)
	})
}

// FuzzSession checks that any session opens as it was sealed, and not after a byte
// was changed.
func FuzzSession(f *testing.F) {
	f.Add("ASIA", marker, marker, "123456789012", "source", "AKIA", int64(1767323045), int64(1767326645), "k/n", uint(0), byte(1))
	f.Add("", "", "", "", "", "", int64(0), int64(-1), "", uint(30), byte(255))
	f.Fuzz(func(t *testing.T, id, secret, token, account, source, madeWith string, issued, expires int64, name string, at uint, flip byte) {
		key := [32]byte{4, 5, 6}
		want := Session{Issued: time.Unix(issued, 0).UTC(), MadeWith: madeWith, Credentials: credentials.Plain{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token,
			AccountID: account, Source: source, CanExpire: true, Expires: time.Unix(expires, 0).UTC()}}
		data, err := SealSession(&key, want, name)
		if err != nil {
			t.Fatal(err)
		}
		if len(secret) > 8 && bytes.Contains(data, []byte(secret)) {
			t.Fatal("the secret is in plaintext")
		}
		if got, err := OpenSession(&key, data, name); err != nil || got != want {
			t.Fatalf("it opens as another: %v", err)
		}
		if flip != 0 {
			data[at%uint(len(data))] ^= flip
			if _, err := OpenSession(&key, data, name); err == nil {
				t.Fatalf("it opens with byte %d changed", at%uint(len(data)))
			}
		}
	})
}
