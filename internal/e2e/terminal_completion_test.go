//go:build linux

package e2e

import (
	"os"
	"strings"
	"testing"
)

// shells are the ways to start a shell that completes lines of awsexec, as the
// help of completion says.
var completingShells = map[string]struct {
	args   []string
	begin  []string // lines to type first
	quoted string   // the profile "my work" in a line
	inFlag string   // behind --profile= and a quote
}{
	"bash": {[]string{"--norc", "--noprofile", "-i"},
		[]string{"bind 'set enable-bracketed-paste off'", ". /usr/share/bash-completion/bash_completion", "source <(awsexec completion bash)"}, `my\ work`, `"my work"`},
	"zsh": {[]string{"-f", "-i"},
		[]string{"bindkey -e", "unsetopt zle_bracketed_paste prompt_sp", "autoload -Uz compinit; compinit -u -d $HOME/zcompdump", "source <(awsexec completion zsh)"}, `my\ work`, `my\ work`},
	"fish": {[]string{"--no-config", "-i"},
		[]string{"awsexec completion fish | source"}, `my\ work`, `"my work"`},
}

// Each shell completes commands, flags, profiles, and the program behind --, on
// a real terminal.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for shell, way := range completingShells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path := requireProgram(t, shell, anyProgram)
			if shell == "bash" {
				if _, err := os.Stat("/usr/share/bash-completion/bash_completion"); err != nil {
					missing(t, "no bash-completion")
				}
			}
			h := newHome(t, "http://127.0.0.1:1")
			h.config("[profile prod-admin]", "role_arn = arn:aws:iam::123456789012:role/Admin", "source_profile = base",
				"[profile base]", "region = eu-west-1", `[profile "my work"]`, "region = eu-west-1", "[profile team:dev]", "region = eu-west-1", "[profile team:prod=eu]", "region = eu-west-1")
			h.env["TERM"] = "xterm"
			tm := h.onTerminal(false, append([]string{path}, way.args...)...)
			run := func(line, mark string) { // and wait until it is done; the mark is not in what is typed
				tm.send(line + "; echo " + mark[:1] + "''" + mark[1:] + "\r")
				tm.expect(mark)
			}
			for i, line := range way.begin {
				run(line, "begun"+strings.Repeat("i", i+1)+".")
			}
			for i, c := range []struct{ typed, want string }{
				{"awsexec whoa\t", "awsexec whoami "},
				{"awsexec add --write\t", "awsexec add --write-config "},
				{"awsexec -p prod\t", "awsexec -p prod-admin "},
				{"awsexec --profile=prod\t", "awsexec --profile=prod-admin "},
				{"awsexec -p my\t", "awsexec -p " + way.quoted + " "},
				{"awsexec -p team:d\t", "awsexec -p team:dev "},
				{"awsexec --profile=team:d\t", "awsexec --profile=team:dev "},
				{"awsexec whoami te\tp\t", "awsexec whoami team:prod=eu "},
				{"awsexec -p team:prod=\t", "awsexec -p team:prod=eu "},
				{"awsexec -p \"my w\t", "awsexec -p \"my work\" "},
				{"awsexec -p " + way.quoted[:5] + "\t", "awsexec -p " + way.quoted + " "},
				{"awsexec --profile=\"my w\t", "awsexec --profile=" + way.inFlag + " "},
				{"awsexec -pprod\t", "awsexec -pprod-admin "},
				{"awsexec add x --csv=/proc/meminf\t", "awsexec add x --csv=/proc/meminfo "},
				{"awsexec --keystore k\t", "awsexec --keystore keyring "},
				{"awsexec help exit\t", "awsexec help exit-codes "},
				{"awsexec -p prod-admin -- awsexec whoa\t", "awsexec -p prod-admin -- awsexec whoami "},
				{"awsexec serve -p base -- awsexec add --write\t", "awsexec serve -p base -- awsexec add --write-config "},
			} {
				// Ctrl-A goes to the start of the line, which becomes a string to print.
				tm.send(c.typed + "end'\x01echo li''ne" + strings.Repeat("i", i+1) + "'=\r")
				tm.expect("line" + strings.Repeat("i", i+1) + "=")
				if got := strings.TrimRight(tm.expect("end"), " "); got != strings.TrimRight(c.want, " ") {
					t.Errorf("%q became %q, want %q", c.typed, got, c.want)
				}
			}
			tm.send("exit\r")
			tm.end()
		})
	}
}
