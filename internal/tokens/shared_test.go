package tokens

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A copy is kept up to date, may be ahead, and is not made again once it was removed.
func TestShared(t *testing.T) {
	sealed := NewSealed[SSO](newTestCache(t.TempDir()), corp)
	s := Shared[SSO]{sealed, SSOCopy{NewSSOFile(t.TempDir(), corp.Session, corp.StartURL), corp.StartURL, corp.Region}}
	if err := errors.Join(sealed.Put(t.Context(), corpSSO, true), s.Copy.Put(corpSSO)); err != nil {
		t.Fatal(err)
	}
	for _, store := range []Store[SSO]{s, s.Copy} {
		if got, err := store.Load(t.Context()); err != nil || got != corpSSO {
			t.Errorf("%v, %v", got, err)
		}
	}
	next := corpSSO
	next.AccessToken, next.ExpiresAt = "next", noon.Add(time.Hour)
	if err := errors.Join(s.CheckSave(), s.Save(t.Context(), next)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Copy.Load(t.Context()); err != nil || got != next {
		t.Errorf("the copy is %v, %v", got, err)
	}
	ahead := next
	ahead.AccessToken, ahead.ExpiresAt = "ahead", noon.Add(2*time.Hour)
	if err := s.Copy.Put(ahead); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Load(t.Context()); err != nil || got != ahead {
		t.Errorf("loaded %v, %v", got, err)
	}
	if err := errors.Join(s.Copy.Remove(), s.Copy.Remove(), s.Save(t.Context(), next)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Copy.Load(t.Context()); !isSignIn(err, Missing) {
		t.Errorf("the copy is there again: %v", err)
	}
}

// The region of a sign-in, which a plain file cannot hold, stays known when an SDK has
// renewed the tokens, but not when somebody has signed in there anew.
func TestSharedRegion(t *testing.T) {
	id := ID{Kind: KindLogin, Session: "arn"}
	own := Login{AccessKeyID: "ASIA1", SecretAccessKey: marker, SessionToken: marker, AccountID: "1", ExpiresAt: noon, RefreshToken: "r1", ClientID: "c", DPoPKey: newPEM(t), Region: "us-east-2"}
	s := Shared[Login]{NewSealed[Login](newTestCache(t.TempDir()), id), NewLoginFile(t.TempDir(), "", "arn")}
	if err := s.Put(t.Context(), own, true); err != nil {
		t.Fatal(err)
	}
	for key, region := range map[string]string{own.DPoPKey: "us-east-2", newPEM(t): ""} {
		there := own
		there.ExpiresAt, there.RefreshToken, there.DPoPKey, there.Region = noon.Add(time.Hour), "r2", key, ""
		if err := s.Copy.Put(there); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Load(t.Context()); err != nil || got.RefreshToken != "r2" || got.Region != region {
			t.Errorf("%s in region %q, want %q; %v", got.RefreshToken, got.Region, region, err)
		}
	}
}

// newPEM returns a new private key of a login session.
func newPEM(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

// The names of the registrations of the AWS CLI, as it makes them.
func TestCLIRegistrations(t *testing.T) {
	for _, tt := range []struct {
		session string
		scopes  []string
		want    []string
	}{
		{"corp", nil, []string{"9d4ceb68236af3b7019c4f4f9733aec1f95f2ee4"}},
		{"corp", []string{"sso:account:access"}, []string{"b753d5288b92f3e97a04f6eaa10accf2aa0017f4", "9d4ceb68236af3b7019c4f4f9733aec1f95f2ee4"}},
		{"corp", []string{"a", "b"}, []string{"92fdcc7ace3c1f0717867e5404c241e900386959", "9d4ceb68236af3b7019c4f4f9733aec1f95f2ee4"}},
		{"", nil, []string{"34f6857f3e649af9f016b4aaca7ec0d35c3800db"}},
	} {
		var want []string
		for _, sum := range tt.want {
			want = append(want, filepath.Join("home", ".aws", "sso", "cache", sum+".json"))
		}
		if got := CLIRegistrations("home", tt.session, "https://x.example/start", "eu-west-1", tt.scopes); !slices.Equal(got, want) {
			t.Errorf("%q %q: %q", tt.session, tt.scopes, got)
		}
	}
}

func TestPlainFiles(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	sso, login := SSOCopy{NewSSOFile(home, "corp", ""), "https://x", "eu-west-1"}, NewLoginFile(home, dir, "x")
	if err := errors.Join(sso.Put(corpSSO), login.Put(Login{AccessKeyID: "ASIAX"}),
		os.WriteFile(filepath.Join(dir, "other.json"), []byte(`{"clientId":"x"}`), 0o600)); err != nil {
		t.Fatal(err)
	}
	if got := PlainFiles(home, dir); !slices.Equal(got, []string{sso.ID(), login.ID()}) {
		t.Errorf("%q", got)
	}
	if got := PlainFiles("", ""); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// What a process has left that was killed while it wrote a plain file holds tokens: it
// goes when the file is written again, and with it.
func TestUnfinishedPlainFiles(t *testing.T) {
	c := SSOCopy{NewSSOFile(t.TempDir(), "corp", "https://x.example/start"), "https://x.example/start", "eu-west-1"}
	token := SSO{AccessToken: "a", ExpiresAt: time.Now()}
	left := filepath.Join(filepath.Dir(c.ID()), "."+filepath.Base(c.ID())+".tmp-1")
	for name, do := range map[string]func() error{
		"put": func() error { return c.Put(token) }, "save": func() error { return c.Save(t.Context(), token) }, "remove": c.Remove,
	} {
		err := errors.Join(c.Put(token), os.WriteFile(left, []byte("{}"), 0o600), do())
		if _, statErr := os.Stat(left); err != nil || !errors.Is(statErr, os.ErrNotExist) {
			t.Errorf("%s: %v, %v", name, err, statErr)
		}
	}
}
