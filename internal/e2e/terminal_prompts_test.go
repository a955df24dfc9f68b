//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// fencedIn returns the first block of a language in a page of docs.
func fencedIn(t *testing.T, page, language string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("docs/%s has no block of %s", page, language)
	}
	return string(block[1])
}

// The shell prompts in docs/shell.md show the profile, and whether its credentials
// have expired.
func TestShellPrompts(t *testing.T) {
	t.Parallel()
	for shell, call := range map[string][]string{
		"bash": {"-c", "awsexec_prompt"},
		"zsh":  {"-f", "-c", "awsexec_prompt"},
		"fish": {"--no-config", "-c", "fish_right_prompt"},
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path := requireProgram(t, shell, anyProgram)
			snippet := fencedIn(t, "shell.md", shell)
			for _, c := range []struct {
				env  []string
				want string
			}{
				{nil, ""},
				{[]string{"AWSEXEC_PROFILE=my work"}, "[my work]"},
				{[]string{"AWSEXEC_PROFILE=work", "AWS_CREDENTIAL_EXPIRATION=2999-01-02T03:04:05Z"}, "[work]"},
				{[]string{"AWSEXEC_PROFILE=work", "AWS_CREDENTIAL_EXPIRATION=2020-01-02T03:04:05Z"}, "[work expired]"},
			} {
				args := append([]string{}, call...)
				args[len(args)-1] = snippet + "\n" + call[len(call)-1]
				cmd := exec.Command(path, args...)
				cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir()}, c.env...)
				out, err := cmd.CombinedOutput()
				if got := strings.TrimSpace(string(out)); got != c.want {
					t.Errorf("%q: %q, want %q (%v)", c.env, got, c.want, err)
				}
			}
		})
	}
}
