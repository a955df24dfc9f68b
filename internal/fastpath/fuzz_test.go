package fastpath

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzFind checks that only a file that was sealed for the call opens as a
// ticket.
func FuzzFind(f *testing.F) {
	key := [32]byte{1}
	var print Fingerprint
	want := Ticket{Store: "file", Session: "sessions/a/b.session", Region: "r", Profile: "p"}
	good, err := want.Seal(&key, print)
	if err != nil {
		f.Fatal(err)
	}
	for _, data := range [][]byte{good, good[:len(good)-1], []byte(magic), []byte(magic + "\xff"), []byte(magic + "\x00\xff"), []byte(magic + "\x01\x01a\x05b"), nil} {
		f.Add(data)
	}
	call := &Call{Cache: f.TempDir()}
	path := filepath.Join(call.Cache, file(print))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := call.Find(print)
		if err != nil {
			return
		}
		if got, err := found.Open(&key); err == nil && got != want {
			t.Fatal("something opens that was not sealed")
		}
	})
}

// FuzzSeal checks that any ticket comes back as it was cache.
func FuzzSeal(f *testing.F) {
	f.Add("keyring", "sessions/a/b.session", "eu-west-1", "work", true)
	f.Add("", "", "", "", false)
	f.Add(strings.Repeat("s", 255), strings.Repeat("t", 255), "\x00", "é", true)
	call := &Call{Cache: f.TempDir()}
	var print Fingerprint
	path := filepath.Join(call.Cache, file(print))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, store, session, region, profile string, anyLife bool) {
		key := [32]byte{2}
		want := Ticket{Store: store, Session: session, AnyLife: anyLife, Region: region, Profile: profile}
		data, err := want.Seal(&key, print)
		if err != nil {
			if len(store) <= 255 && len(session) <= 255 {
				t.Fatal(err)
			}
			return
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := call.Find(print)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := found.Open(&key); err != nil || got != want {
			t.Fatalf("it opens as %+v, %v", got, err)
		}
		if _, err := found.Open(&[32]byte{3}); err == nil {
			t.Fatal("it opens with another key")
		}
	})
}

// FuzzParse checks that a plain call has its child as it was given, and its
// directories at absolute paths.
func FuzzParse(f *testing.F) {
	f.Add("-p\nx\n--\nls\n--\n-l", "HOME=/h\nAWS_CONFIG_FILE=c\nXDG_DATA_HOME=rel")
	f.Add("--profile=x", "HOME=/h\nAWSEXEC_WARM=0")
	f.Add("", "HOME=~\nAWS_PASSPHRASE=S3CR3TMARKER")
	f.Fuzz(func(t *testing.T, argText, environText string) {
		args, environ := lines(argText), lines(environText)
		call, ok := Parse(args, environ)
		if !ok {
			return
		}
		i := slices.Index(args, "--")
		if call.HasChild != (i >= 0) || i >= 0 && !slices.Equal(call.Child, args[i+1:]) {
			t.Fatalf("%q has the child %q", args, call.Child)
		}
		for _, path := range []string{call.Data, call.Cache} {
			if !filepath.IsAbs(path) {
				t.Fatalf("%q is not an absolute path", path)
			}
		}
	})
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
