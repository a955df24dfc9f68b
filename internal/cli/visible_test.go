package cli

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/internal/visible"
)

// hostile holds what a terminal acts on, what reorders text, what has no width,
// and a line that looks like one of ours.
const hostile = "dev\x1b[2J\u202e\u2066\u200b\u009b\x7f\nawsexec: hint: forged"

// printsAsItself checks that every line of text does, and that none is forged.
func printsAsItself(t *testing.T, what, text string) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if shown := visible.Text(line); shown != line {
			t.Errorf("%s has a line that does not print as itself: %q", what, line)
		}
		if strings.HasPrefix(line, "awsexec: hint: forged") || strings.HasPrefix(strings.TrimSpace(line), "fix: awsexec: hint: forged") {
			t.Errorf("%s has a forged line:\n%s", what, text)
		}
	}
}

// Arguments, variables, paths, what the AWS files hold and what AWS says cannot
// do more to a terminal than be read. That nothing raw gets out of any run is
// checked by world.runIn.
func TestHostileTextIsShown(t *testing.T) {
	inFile := strings.ReplaceAll(hostile, "\n", "\u2028") // a line of a file has no end inside
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
	}{
		{"unknown word", []string{hostile}, nil},
		{"unknown flag", []string{"--" + hostile}, nil},
		{"flag's value", []string{"--duration", hostile}, nil},
		{"keystore", []string{"--keystore", hostile, "list"}, nil},
		{"format", []string{"export", "--format", hostile}, nil},
		{"profile", []string{"-p", hostile}, nil},
		{"profile to doctor", []string{"-p", hostile, "doctor"}, nil},
		{"variable", []string{"doctor"}, map[string]string{"AWS_PROFILE": hostile, "AWS_REGION": hostile}},
		{"boolean", []string{"list"}, map[string]string{"AWSEXEC_NO_PROMPT": hostile}},
		{"name of a key", []string{"add", hostile, "--stdin"}, nil},
		{"key to remove", []string{"remove", hostile}, nil},
		{"key to rotate", []string{"rotate", hostile}, nil},
		{"program", []string{"--", "/nowhere/" + hostile}, nil},
		{"address", []string{"serve", "--listen", hostile}, nil},
		{"CSV file", []string{"add", "a", "--csv", "/nowhere/" + hostile}, nil},
		{"path of the config file", []string{"doctor"}, map[string]string{"AWS_CONFIG_FILE": "/nowhere/" + hostile}},
		{"region", []string{"whoami", "-p", "work"}, map[string]string{"AWS_REGION": hostile}},
		{"section", []string{"doctor", "-p", "role" + inFile}, nil},
		{"value", []string{"-p", "role"}, nil},
		{"keys in files", []string{"import", "--dry-run"}, nil},
		{"debug", []string{"--debug", "-p", "role" + inFile, "--", hostile}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.add("work")
			w.write(".aws/config", "[profile role"+inFile+"]\nrole_arn = arn:aws:iam::123456789012:role/"+inFile+"\nsource_profile = work\n"+
				"[profile role]\nrole_arn = "+inFile+"\nsource_profile = "+inFile+"\n")
			w.write(".aws/credentials", "["+inFile+"]\naws_access_key_id = "+aliceID+"\naws_secret_access_key = "+aliceSecret+"\n# "+inFile+"\n")
			for name, value := range tt.env {
				w.env[name] = value
			}
			r := w.run(aliceID+"\n"+aliceSecret+"\n", tt.args...)
			if !strings.Contains(r.err+r.out, `\u202e`) {
				t.Errorf("the text is not shown:\n%s%s", r.err, r.out)
			}
		})
	}
}

func TestHostileAnswerOfAWSIsShown(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.server.Fail("GetSessionToken", 1, ststest.Fault{Status: http.StatusForbidden, Code: "AccessDenied", Message: strings.ReplaceAll(hostile, "\x1b", "")})
	w.refuse(exitFailed, "", []string{"-p", "work"}, `\u202e`)
}

// JSON on a terminal is text too; what it means stays.
func TestHostileTextInJSON(t *testing.T) {
	w := newWorld(t)
	r := w.run("", "doctor", "--json", "-p", hostile+"\U000e0041")
	var got doctorReport
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || got.Profile.Name != hostile+"\U000e0041" {
		t.Errorf("%v: the name is read as %+q", err, got.Profile.Name)
	}
}

// A hint works when it is pasted: the shell reads the word that it is about.
func TestQuoteWord(t *testing.T) {
	for in, want := range map[string]string{
		"work": "work", "a b": `"a b"`, "": `""`, "é/x=y": "é/x=y", hostile: `$'dev\x1b[2J\u202e\u2066\u200b\u009b\x7f\nawsexec: hint: forged'`,
	} {
		if got := quoteWord(in); got != want {
			t.Errorf("quoteWord(%q) = %s, want %s", in, got, want)
		}
	}
	bash, err := exec.LookPath("bash")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("there is no bash here")
	}
	for _, word := range []string{"work", "a b", "$(id)", "`id`", "a'b", `a\b`, `"x" y`, "!!", "*", "a;b", "~", "$HOME x", hostile, "it's\x1b \"$(id)\" \\n", "\xff"} {
		cmd := exec.Command(bash, "--norc", "-c", "printf %s "+quoteWord(word))
		cmd.Env = []string{"LC_ALL=C.UTF-8", "HOME=" + t.TempDir()}
		cmd.Dir = filepath.Clean(t.TempDir())
		if out, err := cmd.Output(); err != nil || string(out) != word {
			t.Errorf("quoteWord(%q) = %s, which bash reads as %q, %v", word, quoteWord(word), out, err)
		}
	}
}
