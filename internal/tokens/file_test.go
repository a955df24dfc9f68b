package tokens

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"

	"github.com/awsexec/awsexec/internal/readfile"
)

const marker = "S3CR3TMARKER"

// save writes the file of a sign-in.
func save(t *testing.T, f file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(string(f), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoadSSO(t *testing.T) {
	f := NewSSOFile(t.TempDir(), "corp", "")
	if _, err := f.Load(t.Context()); !isSignIn(err, Missing) {
		t.Errorf("without a file: %v", err)
	}
	end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]Reason{
		`{"accessToken":"a","expiresAt":"2026-01-02T03:04:05Z"}`:      -1,
		`{"accessToken":"a","expiresAt":"2026-01-02T03:04:05UTC"}`:    -1,
		`{"accessToken":"a","expiresAt":"2026-01-02T03:34:05+00:30"}`: -1,
		``: Unreadable, `{"accessToken":"` + marker: Unreadable, `[]`: Unreadable, `{}`: Unreadable,
		`{"accessToken":"` + marker + `"}`:                                 Unreadable,
		`{"accessToken":"` + marker + `","expiresAt":"noon"}`:              Unreadable,
		`{"accessToken":["` + marker + `"],"expiresAt":"2026-01-02T3Z"}`:   Unreadable,
		`{"accessToken":"","expiresAt":"2026-01-02T03:04:05Z"}`:            Unreadable,
		`{"accessToken":"` + marker + `","expiresAt":1767323045,"x":null}`: Unreadable,
	} {
		save(t, f.file, text)
		token, err := f.Load(t.Context())
		switch {
		case want < 0:
			if err != nil || !token.ExpiresAt.Equal(end) {
				t.Errorf("%s: %v, %v", text, token.ExpiresAt, err)
			}
			if again, _ := f.Load(t.Context()); again != token {
				t.Errorf("%s: two tokens of one file differ", text)
			}
		case !isSignIn(err, want) || strings.Contains(err.Error(), marker):
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What awsexec does not know of a file stays in it, as do its mode and a link to it.
func TestSaveKeeps(t *testing.T) {
	home := t.TempDir()
	f := NewSSOFile(home, "corp", "")
	elsewhere := filepath.Join(home, "elsewhere.json")
	text := `{"accessToken":"a","expiresAt":"2026-01-02T03:04:05Z","refreshToken":"r","clientId":"c","clientSecret":"s","startUrl":"https://x","scopes":["one"],"registrationExpiresAt":"2126-01-02T03:04:05Z"}`
	save(t, file(elsewhere), text)
	save(t, f.file, "")
	if runtime.GOOS != "windows" {
		if err := errors.Join(os.Chmod(elsewhere, 0o640), os.Remove(string(f.file)), os.Symlink(elsewhere, string(f.file))); err != nil {
			t.Fatal(err)
		}
	} else {
		elsewhere = string(f.file)
		save(t, f.file, text)
	}
	token, err := f.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token.AccessToken, token.RefreshToken, token.ExpiresAt = "a2", "r2", token.ExpiresAt.Add(time.Hour)
	if err := errors.Join(f.CheckSave(), f.Save(t.Context(), token)); err != nil {
		t.Fatal(err)
	}
	if again, err := f.Load(t.Context()); err != nil || again != token {
		t.Errorf("saved %v, loaded %v, %v", token, again, err)
	}
	data, err := os.ReadFile(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil || all["startUrl"] != "https://x" || len(all["scopes"].([]any)) != 1 || len(all) != 8 {
		t.Errorf("%s, %v", data, err)
	}
	if info, err := os.Stat(elsewhere); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	entries, err := os.ReadDir(filepath.Dir(string(f.file)))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// A file that somebody has emptied meanwhile gets the new tokens all the same: the
// old ones are spent.
func TestSaveIntoNothing(t *testing.T) {
	for _, text := range []string{"null", "{}", `{"accessToken":null}`} {
		sso, login := NewSSOFile(t.TempDir(), "corp", ""), NewLoginFile("", t.TempDir(), "x")
		save(t, sso.file, text)
		save(t, login.file, text)
		if err := errors.Join(sso.Save(t.Context(), SSO{RefreshToken: "r2"}), login.Save(t.Context(), Login{RefreshToken: "r2", AccessKeyID: "ASIA2"})); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, f := range []file{sso.file, login.file} {
			data, err := os.ReadFile(string(f))
			if err != nil || !strings.Contains(string(data), `"refreshToken":"r2"`) {
				t.Errorf("%s: saved %s, %v", text, data, err)
			}
		}
	}
}

// A file that somebody removes meanwhile, as a sign-out does, is not made again.
func TestSaveAfterSignOut(t *testing.T) {
	f := NewSSOFile(t.TempDir(), "corp", "")
	if err := f.Save(t.Context(), SSO{AccessToken: "a"}); !isSignIn(err, Missing) {
		t.Errorf("got %v", err)
	}
	if err := f.CheckSave(); err == nil {
		t.Error("a directory that is not there can be written to")
	}
}

// A file that is no file is an error at once, and none that a sign-in would end.
func TestOddFile(t *testing.T) {
	f := NewLoginFile("", t.TempDir(), "x")
	if err := os.Mkdir(string(f.file), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := f.Load(t.Context())
	if _, ok := errors.AsType[*SignInError](err); ok || !errors.As(err, new(*readfile.NotRegularError)) {
		t.Errorf("got %v", err)
	}
}

// Files have the names that the Go SDK looks for.
func TestNames(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	sso := func(key string) string {
		path, err := ssocreds.StandardCachedTokenFilepath(key)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	login := func(session, dir string) string {
		path, err := logincreds.StandardCachedTokenFilepath(session, dir)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		got  file
		want string
	}{
		{NewSSOFile(home, "corp", "https://x").file, sso("corp")},
		{NewSSOFile(home, "", "https://x").file, sso("https://x")},
		{NewLoginFile(home, "", " arn:aws:iam::1:x ").file, login("arn:aws:iam::1:x", "")},
		{NewLoginFile(home, "dir", "arn:aws:iam::1:x").file, login("arn:aws:iam::1:x", "dir")},
	} {
		if string(tt.got) != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

// A login session needs all its parts, and a key that can prove that it is ours.
func TestLoadLogin(t *testing.T) {
	pemOf := func(curve elliptic.Curve) string {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	}
	const wrong = "dpopKey is not a P-256 key in PEM form"
	for _, tt := range []struct{ without, key, want string }{
		{"", pemOf(elliptic.P256()), ""},
		{"", pemOf(elliptic.P384()), wrong},
		{"", marker, wrong},
		{"", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", wrong},
		{"", "", "dpopKey is missing"},
		{"clientId", pemOf(elliptic.P256()), "clientId is missing"},
		{"refreshToken", pemOf(elliptic.P256()), "refreshToken is missing"},
		{"accessToken", pemOf(elliptic.P256()), "accessToken.accessKeyId is missing"},
	} {
		all := map[string]any{
			"accessToken": map[string]string{"accessKeyId": "ASIA", "secretAccessKey": marker, "sessionToken": marker, "accountId": "1", "expiresAt": "2026-01-02T03:04:05Z"},
			"tokenType":   "aws_sigv4", "refreshToken": marker, "clientId": "c", "dpopKey": tt.key,
		}
		delete(all, tt.without)
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		f := NewLoginFile("", t.TempDir(), "x")
		save(t, f.file, string(text))
		token, err := f.Load(t.Context())
		if tt.want != "" {
			if !isSignIn(err, Unreadable) || !strings.HasSuffix(err.Error(), tt.want) || strings.Contains(err.Error(), marker) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			continue
		}
		token.AccessKeyID, token.RefreshToken = "ASIA2", "r2"
		if err := errors.Join(err, f.Save(t.Context(), token)); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(string(f.file))
		if again, loadErr := f.Load(t.Context()); errors.Join(err, loadErr) != nil || again != token || !strings.Contains(string(data), `"tokenType":"aws_sigv4"`) ||
			!strings.Contains(string(data), `"accountId":"1"`) {
			t.Errorf("saved %s, %v", data, loadErr)
		}
	}
}

func isSignIn(err error, r Reason) bool {
	e, ok := errors.AsType[*SignInError](err)
	return ok && e.Reason == r
}

// A copy for SDKs is what the AWS CLI would have written, for the user alone.
func TestPutLogin(t *testing.T) {
	token := Login{
		AccessKeyID: "ASIA1", SecretAccessKey: marker, SessionToken: marker, AccountID: "1", ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		RefreshToken: "r", ClientID: "c", DPoPKey: newPEM(t), Region: "eu-west-1",
	}
	f := NewLoginFile(t.TempDir(), "", "arn")
	for _, old := range []string{"", "{"} { // nothing, or something for others to read
		if old != "" {
			save(t, f.file, old)
			if err := os.Chmod(string(f.file), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Put(token); err != nil {
			t.Fatal(err)
		}
		want := token
		want.Region = "" // which the file cannot hold
		if got, err := f.Load(t.Context()); got != want || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
		if info, err := os.Stat(string(f.file)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
	if err := errors.Join(f.Remove(), f.Remove()); err != nil {
		t.Error(err)
	}
	if _, err := f.Load(t.Context()); !isSignIn(err, Missing) {
		t.Errorf("removed: %v", err)
	}
}
