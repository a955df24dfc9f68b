package fastpath

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/ststest"
)

// environ is the environment of a home with AWS files.
func environ(home string, more ...string) []string {
	return append([]string{"HOME=" + home, "PATH=/bin", "AWS_REGION=eu-west-1", "DBUS_SESSION_BUS_ADDRESS=unix:path=/none"}, more...)
}

func TestParse(t *testing.T) {
	for _, args := range [][]string{
		{}, {"-p", "x"}, {"-px"}, {"--profile=x"}, {"--region", "r", "--no-prompt"}, {"--duration", "1h", "--keystore=file"},
		{"-p", "x", "--", "ls", "--debug"},
	} {
		if _, ok := Parse(args, environ("/h")); !ok {
			t.Errorf("%q is not plain", args)
		}
	}
	for _, args := range [][]string{
		{"list"}, {"--debug"}, {"--no-session"}, {"--refresh"}, {"-h"}, {"--help"}, {"-p", "x", "--"}, {"--", ""}, {"--pro", "x"}, {"-test.v"},
	} {
		if _, ok := Parse(args, environ("/h")); ok {
			t.Errorf("%q is plain", args)
		}
	}
	for _, more := range []string{"AWSEXEC_WARM=0", "AWSEXEC_WARM=x", "AWSEXEC_MFA_CODE=1", "AWS_CONFIG_FILE=~/x", "AWS_CONFIG_FILE=$HOME/x", "AWS_SHARED_CREDENTIALS_FILE=${X}"} {
		if _, ok := Parse(nil, environ("/h", more)); ok {
			t.Errorf("%s is plain", more)
		}
	}
	for _, home := range []string{"", "relative"} {
		if _, ok := Parse(nil, environ(home)); ok {
			t.Errorf("a home called %q is plain", home)
		}
	}
	c, ok := Parse([]string{"--", "a", "--", "b"}, environ("/h/", "XDG_DATA_HOME=/d", "XDG_CACHE_HOME=relative", "AWS_CONFIG_FILE=c"))
	if !ok || !slices.Equal(c.Child, []string{"a", "--", "b"}) || c.Config != "c" || c.Credentials != "/h/.aws/credentials" || c.Data != "/d/awsexec" || c.Cache != "/h/.cache/awsexec" {
		t.Errorf("parsed as %+v", c)
	}
}

func TestFingerprint(t *testing.T) {
	home := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	take := func(args []string, more ...string) Fingerprint {
		t.Helper()
		c, ok := Parse(args, environ(home, more...))
		if !ok {
			t.Fatalf("%q %q is not plain", args, more)
		}
		f, err := c.Fingerprint()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	seen := map[Fingerprint]string{}
	differs := func(what string, f Fingerprint) {
		t.Helper()
		if other, ok := seen[f]; ok {
			t.Errorf("%s has the fingerprint of %s", what, other)
		}
		seen[f] = what
	}
	nothing := take(nil)
	differs("nothing", nothing)
	if take(nil) != nothing || take(nil, "UNKNOWN=1") != nothing || take([]string{"--", "a"}) != take([]string{"--", "b", "c"}) {
		t.Error("what does not matter changes the fingerprint")
	}
	if take(nil, "AWS_A=1", "AWS_B=2") != take(nil, "AWS_B=2", "AWS_A=1") {
		t.Error("the order of variables matters")
	}
	for _, name := range []string{"AWSEXEC_PASSPHRASE", "AWSEXEC_NEW_PASSPHRASE", "AWS_VAULT_FILE_PASSPHRASE"} {
		f := take(nil, name+"="+ststest.Marker+"1")
		differs(name, f)
		if take(nil, name+"="+ststest.Marker+"2") != f {
			t.Errorf("the value of %s can be tried on a fingerprint", name)
		}
	}
	for _, args := range [][]string{{"-p", "a"}, {"-pa"}, {"-p", "b"}, {"-p", ""}, {"--no-prompt", "-p", "a"}} {
		differs(strings.Join(args, " "), take(args))
	}
	for _, more := range []string{"AWS_PROFILE=a", "AWS_PROFILE=", "AWSEXEC_CHAIN=a", "AWSANYTHING=1", "XDG_DATA_HOME=/d", "XDG_CACHE_HOME=/c", "AWS_CONFIG_FILE=/x"} {
		differs(more, take(nil, more))
	}
	files := []string{".aws/config", ".aws/credentials", ".local/share/awsexec/keyring.index.json", ".local/share/awsexec/keystore.index.json"}
	for _, name := range files {
		for _, text := range []string{"", "a", "ab", strings.Repeat("a", 2*pieceSize), strings.Repeat("a", 2*pieceSize) + "b"} {
			write(name, text)
			differs(name+" "+text[:min(3, len(text))], take(nil))
		}
		write(name, "[x]\n")
	}
	differs("all", take(nil))
	write(files[0], "[x]\n[x]\n")
	write(files[1], "")
	differs("a section in the other file", take(nil))
	for _, text := range []string{"", "a", "b"} {
		write(".local/share/awsexec/keystore.age", text)
		differs("an encrypted file", take(nil))
	}
	helper := [][]string{{"--keystore", "helper:x"}, {"--keystore=helper:x"}}
	for _, args := range helper {
		differs(strings.Join(args, " "), take(args))
	}
	differs("AWSEXEC_KEYSTORE", take(nil, "AWSEXEC_KEYSTORE=helper:x"))
	write(".local/share/awsexec/helper-x.index.json", "a")
	for _, args := range helper {
		differs(strings.Join(args, " ")+" with an index", take(args))
	}
	differs("AWSEXEC_KEYSTORE with an index", take(nil, "AWSEXEC_KEYSTORE=helper:x"))
	write(".local/share/awsexec/keystore.chosen", "helper:x\n")
	differs("a chosen keystore", take(nil))
	write(".local/share/awsexec/helper-x.index.json", "b")
	differs("the index of the chosen keystore", take(nil))
}

// TestFingerprintOfOddFiles: a file that cannot be read, or not twice, has no
// fingerprint.
func TestFingerprintOfOddFiles(t *testing.T) {
	home := t.TempDir()
	fifo := filepath.Join(home, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, home, "/dev/null"} {
		c, ok := Parse(nil, environ(home, "AWS_CONFIG_FILE="+path))
		if !ok {
			t.Fatal("not plain")
		}
		if _, err := c.Fingerprint(); err == nil {
			t.Errorf("%s has a fingerprint", path)
		}
	}
}

func TestTicket(t *testing.T) {
	c, ok := Parse(nil, environ(t.TempDir()))
	if !ok {
		t.Fatal("not plain")
	}
	key, f := [32]byte{1}, Fingerprint{2}
	want := Ticket{Store: "keyring", Session: "sessions/a/b.session", MadeWith: "AKIA", Index: [32]byte{7}, Account: "123456789012", Region: "eu-west-1", Profile: "work"}
	data, err := want.Seal(&key, f)
	if err != nil {
		t.Fatal(err)
	}
	put := func(f Fingerprint, data []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(c.Cache, file(f))), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.Cache, file(f)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func(f Fingerprint, key [32]byte) (Ticket, error) {
		s, err := c.Find(f)
		if err != nil {
			return Ticket{}, err
		}
		return s.Open(&key)
	}
	put(f, data)
	if got, err := open(f, key); err != nil || got != want {
		t.Errorf("opened as %+v, %v", got, err)
	}
	if _, err := open(f, [32]byte{9}); err == nil {
		t.Error("opened with another key")
	}
	// The file's name has only half of a fingerprint: the other half counts too.
	other := f
	other[31] = 1
	if _, err := open(other, key); err == nil {
		t.Error("opened for another fingerprint of the same name")
	}
	other[0] = 9
	put(other, data)
	if _, err := open(other, key); err == nil {
		t.Error("opened under the name of another")
	}
	for i := range data {
		bad := slices.Clone(data)
		bad[i] ^= 1
		put(f, bad)
		if _, err := open(f, key); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		put(f, data[:i])
		if _, err := open(f, key); err == nil {
			t.Errorf("opened with %d bytes", i)
		}
	}
}

// TestRead: of sessions that differ only in their life, a ticket for any of them
// leads to the one that the whole program would take.
func TestRead(t *testing.T) {
	c, ok := Parse(nil, environ(t.TempDir()))
	if !ok {
		t.Fatal("not plain")
	}
	sessions := cache.New(c.Cache, func(context.Context, bool) ([32]byte, error) { return [32]byte{1}, nil })
	now := time.Now()
	key := func(life time.Duration) cache.Key {
		return cache.Key{Base: "AKIA", Operation: "GetSessionToken", Duration: life}
	}
	exact, anyLife := Sealed{Session: key(2 * time.Hour).File()}, Sealed{Session: key(2 * time.Hour).File(), AnyLife: true}
	for _, step := range []struct {
		life, left time.Duration // of the session that is added
		exact, any time.Duration // the life of the session that is read; 0 for none
	}{
		{15 * time.Minute, time.Minute, 0, 0},
		{time.Hour, 50 * time.Minute, 0, time.Hour},
		{3 * time.Hour, 2 * time.Hour, 0, 3 * time.Hour},
		{2 * time.Hour, 15 * time.Minute, 0, 3 * time.Hour},
		{2 * time.Hour, 17 * time.Minute, 2 * time.Hour, 2 * time.Hour},
	} {
		s := cache.Session{Issued: now.Add(step.left - step.life), MadeWith: "AKIA"}
		s.Credentials.CanExpire, s.Credentials.Expires = true, now.Add(step.left)
		if err := sessions.Store(t.Context(), key(step.life), s, now); err != nil {
			t.Fatal(err)
		}
		for _, read := range []struct {
			from Sealed
			life time.Duration
		}{{exact, step.exact}, {anyLife, step.any}} {
			_, file, err := c.Read(read.from, now)
			if (err == nil) != (read.life != 0) || err == nil && file != key(read.life).File() {
				t.Errorf("with %v left of %v: read %s, %v, want the session of %v", step.left, step.life, file, err, read.life)
			}
		}
		if got, _, err := sessions.LoadAny(t.Context(), key(2*time.Hour), now); err != nil || step.any != 0 && !got.Fresh(now) {
			t.Errorf("the whole program finds one until %v, %v", got.Credentials.Expires, err)
		}
	}
}
