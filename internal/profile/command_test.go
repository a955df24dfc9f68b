package profile

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
)

var awkwardWords = []string{"plain", "a b", " a", "a ", "#a", "a #b", "a;b", "it's", `say "hi"`, "$HOME", "`id`", `back\slash`, "a&b|c<d>e(f)", "*?[x]{y}", "~", "!", "ä ö", "", "k=v", "-p"}

func TestProcessCommand(t *testing.T) {
	if got, want := ProcessCommand("linux", "/opt/bin/awsexec", "--profile", "work"), "/opt/bin/awsexec --profile work"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := ProcessCommand("windows", `C:\Program Files\awsexec.exe`, "--profile", "a b"), `C:\Program" "Files\awsexec.exe --profile a" "b`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	sh, shErr := exec.LookPath("sh")
	for _, word := range awkwardWords {
		words := []string{"/usr/lib/x" + word + "/awsexec", "--profile", word, word}
		command := ProcessCommand("linux", words...)
		if got, err := awsini.SplitWords(command); err != nil || !slices.Equal(got, words) {
			t.Errorf("%q is written as %s, which shlex splits into %q, %v", words, command, got, err)
		}
		if strings.ContainsAny(command[:1], `"'`) || strings.Contains(command, " #") || strings.Contains(command, " ;") {
			t.Errorf("%s is not read alike by all SDKs", command)
		}
		if strings.Contains(word, `"`) {
			continue // Windows has no file of such a name
		}
		windows := []string{`C:\x` + word + `\awsexec.exe`, "-p", word}
		if got := splitWindows(ProcessCommand("windows", windows...)); word != "" && !slices.Equal(got, windows) {
			t.Errorf("%q is split into %q on Windows", windows, got)
		}
		if shErr != nil {
			continue
		}
		out, err := exec.Command(sh, "-c", "printf '%s\\n' "+command).Output()
		if want := strings.Join(words, "\n") + "\n"; err != nil || !bytes.Equal(out, []byte(want)) {
			t.Errorf("%s is %q to the shell, want %q (%v)", command, out, want, err)
		}
	}
}

// What is written for a profile is known again as ours, whatever the path and the name.
func TestProcessCommandIsSelf(t *testing.T) {
	for _, word := range awkwardWords {
		if word == "" {
			continue
		}
		command := ProcessCommand("linux", "/opt/"+word+"/awsexec", "--profile", word, "--keystore", "file")
		if name, ok := SelfProcess(command, "/opt/bin/awsexec"); !ok || name != word {
			t.Errorf("%s is for profile %q, %v; want %q", command, name, ok, word)
		}
	}
}
