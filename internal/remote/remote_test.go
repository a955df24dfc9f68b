package remote

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]Target{
		"host":                      {nil, "host", nil},
		"-v -p 22 me@host":          {[]string{"-v", "-p", "22"}, "me@host", nil},
		"-p22 -tt host -A ls -l":    {[]string{"-p22", "-tt", "-A"}, "host", []string{"ls", "-l"}},
		"-o Port=22 -J a,b host -v": {[]string{"-o", "Port=22", "-J", "a,b", "-v"}, "host", nil},
		"-Ai key host":              {[]string{"-Ai", "key"}, "host", nil},
	} {
		got, err := Parse(strings.Fields(line))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
	for _, line := range []string{"", "-v", "-N host", "-vf host", "-o", "host -p", "--profile x host", "-W a:1 host"} {
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

func TestCommand(t *testing.T) {
	set := [][2]string{{"AWS_REGION", "eu-west-1"}}
	if got := command(nil, set, []string{"AWS_PROFILE"}); got != `exec env -u AWS_PROFILE 'AWS_REGION=eu-west-1' "$SHELL" -l` {
		t.Error(got)
	}
	if got := command([]string{"echo", "it's", "$HOME"}, set, nil); got != `exec env 'AWS_REGION=eu-west-1' "$SHELL" -c 'echo it'\''s $HOME'` {
		t.Error(got)
	}
	if strings.Contains(keeper, "'") {
		t.Error("the keeper cannot be quoted for every shell")
	}
}
