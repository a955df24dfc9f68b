package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestSplitArgs(t *testing.T) {
	for _, tt := range []struct {
		args, own, child []string
		has              bool
	}{
		{nil, nil, nil, false},
		{[]string{"-p", "x"}, []string{"-p", "x"}, nil, false},
		{[]string{"--"}, nil, nil, true},
		{[]string{"-p", "x", "--", "a", "--", "-b"}, []string{"-p", "x"}, []string{"a", "--", "-b"}, true},
	} {
		own, child, has := splitArgs(tt.args)
		if !slices.Equal(own, tt.own) || !slices.Equal(child, tt.child) || has != tt.has {
			t.Errorf("splitArgs(%q) = %q, %q, %v", tt.args, own, child, has)
		}
	}
}

// What the parser of plain calls takes, the whole one takes for the same; and it takes what most calls are made of.
func TestParsePlain(t *testing.T) {
	words := []string{"-p", "work", "-pwork", "--profile=a=b", "--duration", "1h", "--region=", "--no-prompt", "--no-prompt=false", "--no-no-prompt", "--debug",
		"--refresh", "--no-session", "--keystore", "file", "-h", "--help", "--json", "list", "add", "", "-", "-pd", "--force"}
	plain := 0
	for i := range 700 {
		args := []string{words[i%len(words)]}
		for n := i / len(words); n > 0; n /= len(words) {
			args = append(args, words[n%len(words)])
		}
		got, err := parsePlain(args)
		if err != nil {
			continue
		}
		plain++
		var whole cli
		parser, err := kong.New(&whole)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(args)
		if err != nil || parsed.Selected().Target.Addr().Interface() != &whole.Print || fmt.Sprint(got) != fmt.Sprint(whole.flags) {
			t.Errorf("%q: plain %+v, whole %+v, %v", args, got, whole.flags, err)
		}
	}
	if plain < 100 {
		t.Errorf("%d calls are plain", plain)
	}
}

// What follows the flags of awsexec behind the word ssh is for ssh.
func TestCutSSH(t *testing.T) {
	for line, want := range map[string]string{
		"ssh host":                           "ssh | host",
		"ssh -p work -p 22 -v host ls":       "ssh -p work -p 22 | -v host ls",
		"ssh -pwork --debug -v -p 22 host":   "ssh -pwork --debug | -v -p 22 host",
		"-p work --region r ssh -A host":     "-p work --region r ssh | -A host",
		"ssh --profile=work --duration 1h h": "ssh --profile=work --duration 1h | h",
		"ssh -h":                             "ssh -h | ",
		"-p ssh list":                        "-p ssh list | ",
		"add ssh":                            "add ssh | ",
	} {
		own, ssh := cutSSH(strings.Fields(line))
		if got := strings.Join(own, " ") + " | " + strings.Join(ssh, " "); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}
