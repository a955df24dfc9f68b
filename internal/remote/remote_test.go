package remote

import (
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]Target{
		"host":                      {nil, false, "host", nil},
		"-nv host -n ls":            {[]string{"-v"}, true, "host", []string{"ls"}},
		"-ni n host ls -n":          {[]string{"-i", "n"}, true, "host", []string{"ls", "-n"}},
		"host -- ls":                {nil, false, "host", []string{"ls"}},
		"host -v -- -x --":          {[]string{"-v"}, false, "host", []string{"-x", "--"}},
		"-v -- host ls":             {[]string{"-v"}, false, "host", []string{"ls"}},
		"host git log -- file":      {nil, false, "host", []string{"git", "log", "--", "file"}},
		"-on=n host":                {[]string{"-on=n"}, false, "host", nil},
		"-v -p 22 me@host":          {[]string{"-v", "-p", "22"}, false, "me@host", nil},
		"-p22 -tt host -A ls -l":    {[]string{"-p22", "-tt", "-A"}, false, "host", []string{"ls", "-l"}},
		"-o Port=22 -J a,b host -v": {[]string{"-o", "Port=22", "-J", "a,b", "-v"}, false, "host", nil},
		"-Ai key host":              {[]string{"-Ai", "key"}, false, "host", nil},
	} {
		got, err := Parse(strings.Fields(line))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
	if got, err := Parse([]string{"", "reboot"}); err == nil {
		t.Errorf("an empty host: %+v", got)
	}
	for _, line := range []string{"", "--", "-v", "-N host", "-vf host", "-o", "host -p", "--profile x host", "-W a:1 host"} {
		if got, err := Parse(strings.Fields(line)); err == nil {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

func TestDirectory(t *testing.T) {
	for line, want := range map[string]string{
		ready + "/tmp/awsexec-ssh-Ab1\r\n":       "/tmp/awsexec-ssh-Ab1",
		"\x1b[0m" + ready + "/run/awsexec-ssh-x": "/run/awsexec-ssh-x",
		ready + "tmp/awsexec-ssh-x":              "",
		ready + "/tmp/awsexec-ssh-x;id":          "",
		ready + "/tmp/other":                     "",
		"hello":                                  "",
	} {
		if got, ok := directory(line); got != want && ok || ok != (want != "") {
			t.Errorf("%q: %q, %t", line, got, ok)
		}
	}
}

func TestSession(t *testing.T) {
	set := [][2]string{{"AWS_REGION", "eu-west-1"}, {"X", "it's"}}
	if got, want := session(nil, set, []string{"A", "B"}), "unset A B\nexport AWS_REGION='eu-west-1'\nexport X='it'\\''s'\nexec \"$SHELL\" -l"; got != want {
		t.Error(got)
	}
	if got, want := session([]string{"echo", "it's", "$HOME"}, nil, nil), `exec "$SHELL" -c 'echo it'\''s $HOME'`; got != want {
		t.Error(got)
	}
}

// What login shells make of a command line is what is meant.
func TestPortable(t *testing.T) {
	line := portable(session([]string{`printf '[%s]' "it's" 'a\\b' "!x" '` + "\n" + `ü' `}, nil, nil))
	if strings.Count(line, "'") != 2 || strings.ContainsAny(line, "!\n`#&;|<>{}*?~^") {
		t.Error(line)
	}
	for _, shell := range []string{"sh", "bash", "dash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		cmd := exec.Command(path, "-c", line)
		cmd.Env = []string{"SHELL=/bin/sh", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "[it's][a\\\\b][!x][\nü]" {
			t.Errorf("%s: %q, %v", shell, out, err)
		}
	}
}
