//go:build unix

package script

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// tried are the commands of hints that were tried, by their text.
var tried sync.Map

var (
	hintText   = regexp.MustCompile(`^(?:awsexec: |.*; )hint: (.*)$`)
	ofAwsexec  = regexp.MustCompile(`(?:^|: |=[0-9]+ |\$\(|&& )(awsexec (?:[^;)]*[^;) ])?)`)
	ofOther    = regexp.MustCompile(`^(?:[^:]*: )?((?:aws|chmod|cp|export|find|mv|rm|unset|\$\{EDITOR:-vi\}) .*)$`)
	properName = strings.NewReplacer("[-p NAME]", "", "[ARG…]", "", " -- CMD", " -- true", " …", " true")
)

// tryHints checks that each command in the hints of an output can be pasted: the
// shell reads it, and so does awsexec if it is one of awsexec's. That runs in an
// empty home, without AWS, where it can do nothing but be understood.
func tryHints(ts *testscript.TestScript, stdout, stderr string) {
	for line := range strings.Lines(stderr) {
		for part := range strings.SplitSeq(strings.TrimSpace(line), "; hint: ") {
			if m := hintText.FindStringSubmatch("; hint: " + strings.TrimPrefix(part, "awsexec: hint: ")); m != nil && !strings.HasPrefix(part, "awsexec: error") {
				tryHint(ts, m[1])
			}
		}
	}
	for line := range strings.Lines(stdout) {
		if fix, ok := strings.CutPrefix(strings.TrimSpace(line), "fix: "); ok {
			tryHint(ts, fix)
		}
	}
}

func tryHint(ts *testscript.TestScript, hint string) {
	if m := ofOther.FindStringSubmatch(hint); m != nil {
		try(ts, hint, "sh", "-n", "-c", m[1])
	}
	for _, m := range ofAwsexec.FindAllStringSubmatch(hint, -1) {
		try(ts, hint, "sh", "-c", properName.Replace(m[1]))
	}
}

// try runs a command of a hint. Its exit code must not be that of wrong usage, nor
// one of the shell.
func try(ts *testscript.TestScript, hint string, command ...string) {
	if _, done := tried.LoadOrStore(strings.Join(command, " "), true); done {
		return
	}
	home, err := os.MkdirTemp("", "hint")
	ts.Check(err)
	defer os.RemoveAll(home)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = home
	cmd.Env = []string{
		"HOME=" + home, "PATH=" + ts.Getenv("BIN") + string(filepath.ListSeparator) + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWSEXEC_PASSPHRASE=x", "AWSEXEC_KEYSTORE=file",
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // nobody is asked on a terminal
	out, err := cmd.CombinedOutput()
	wrong := []int{2, 126, 127}
	if strings.Contains(hint, " -- ") { // the program may be missing here
		wrong = wrong[:1]
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains(wrong, exit.ExitCode()) {
		ts.Fatalf("the hint %q does not work: exit code %d\n%s", hint, exit.ExitCode(), out)
	}
}
