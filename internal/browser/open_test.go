package browser

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	p := Page{URL: "http://127.0.0.1:1/X", Profile: "a b/prod"}
	for command, want := range map[string][]string{
		"firefox":                               {"firefox", p.URL},
		"firefox --new-window":                  {"firefox", "--new-window", p.URL},
		"firefox -P {profile} {url}":            {"firefox", "-P", "a b/prod", p.URL},
		"chromium --user-data-dir=/x/{profile}": {"chromium", "--user-data-dir=/x/a b/prod", p.URL},
		`firefox "ext+container:name={profile}&url={encoded_url}"`: {"firefox", "ext+container:name=a b/prod&url=http%3A%2F%2F127.0.0.1%3A1%2FX"},
		"w %s -x":                           {"w", p.URL, "-x"},
		`'/opt/my browser/run' --app={url}`: {"/opt/my browser/run", "--app=" + p.URL},
		"":                                  nil,
		`"x`:                                nil,
	} {
		got, err := p.words(command)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%s: %q, %v", command, got, err)
		}
	}
}

// The path of a program may have spaces, and a & at the end is no word.
func TestWordsOfPrograms(t *testing.T) {
	program := filepath.Join(t.TempDir(), "my browser.exe")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := Page{URL: "http://127.0.0.1:1/X"}
	for command, want := range map[string][]string{
		program:           {program, p.URL},
		" " + program:     {program, p.URL},
		"firefox %s &":    {"firefox", p.URL},
		"firefox -P a&b ": {"firefox", "-P", "a&b", p.URL},
		"/no/such thing":  {"/no/such", "thing", p.URL},
	} {
		if got, err := p.words(command); !slices.Equal(got, want) || err != nil {
			t.Errorf("%s: %q, %v", command, got, err)
		}
	}
}

func TestHasDesktop(t *testing.T) {
	for _, c := range []struct {
		goos    string
		environ string
		want    bool
	}{
		{"linux", "DISPLAY=:0", true}, {"linux", "WAYLAND_DISPLAY=wayland-0", true}, {"linux", "WSL_DISTRO_NAME=Debian", true},
		{"linux", "DISPLAY=", false}, {"linux", "XDISPLAY=1", false}, {"freebsd", "", false}, {"windows", "", true}, {"darwin", "", true},
		{"darwin", "SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22", false},
	} {
		if got := hasDesktop(c.goos, []string{"PATH=/bin", c.environ}); got != c.want {
			t.Errorf("%s, %s: %t", c.goos, c.environ, got)
		}
	}
}

// The first browser of a list that is there is run, and gets the environment that was
// given alone.
func TestOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "my-browser")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$0 $* $AWSEXEC_PASSPHRASE $HOME\" >"+dir+"/out\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWSEXEC_PASSPHRASE", "S3CR3TMARKER")
	p := Page{URL: "http://127.0.0.1:1/X"}
	for name, c := range map[string]Choice{
		"command": {Command: script + " -n", List: "/nonexistent"},
		"list":    {List: "/nonexistent:'x:" + script + " -n:/nonexistent"},
	} {
		ended, err := Open(c, p, []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := <-ended; err == nil || err.Error() != "exit status 3" {
			t.Errorf("%s: ended with %v", name, err)
		}
		got, err := os.ReadFile(dir + "/out")
		if want := script + " -n " + p.URL + "  " + dir + "\n"; err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	for name, c := range map[string]Choice{"command": {Command: "/nonexistent/b"}, "list": {List: "/nonexistent/a:/nonexistent/b"}} {
		if _, err := Open(c, p, nil); err == nil || !strings.HasPrefix(err.Error(), "start the browser /nonexistent/b: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(Choice{}, p, nil); runtime.GOOS == "linux" && !errors.Is(err, ErrNone) {
		t.Errorf("no display: %v", err)
	}
}
