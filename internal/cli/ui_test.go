package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// On a terminal an error and its advice have a line each. Elsewhere, where
// programs show only the first line or only the last, all is in one.
func TestReport(t *testing.T) {
	several := errors.Join(errors.New("first cause"), fmt.Errorf("second cause:\n  of two lines\n"))
	for _, tt := range []struct {
		name, advice        string
		err                 error
		terminal, elsewhere string
	}{
		{"no advice", "", errors.New("no key"), "awsexec: error: no key\n", "awsexec: error: no key\n"},
		{"one way out", "awsexec add x", errors.New("no key"),
			"awsexec: error: no key\nawsexec: hint: awsexec add x\n", "awsexec: error: no key; hint: awsexec add x\n"},
		{"two ways out", "awsexec add x\nor go home", errors.New("no key"),
			"awsexec: error: no key\nawsexec: hint: awsexec add x\nawsexec: hint: or go home\n",
			"awsexec: error: no key; hint: awsexec add x; hint: or go home\n"},
		{"several causes", "go home", several,
			"awsexec: error: first cause; second cause: of two lines\nawsexec: hint: go home\n",
			"awsexec: error: first cause; second cause: of two lines; hint: go home\n"},
		{"control characters", "", errors.New("bad\x1b[2J\r\nname"), `awsexec: error: bad\x1b[2J; name` + "\n", `awsexec: error: bad\x1b[2J; name` + "\n"},
	} {
		for terminal, want := range map[bool]string{true: tt.terminal, false: tt.elsewhere} {
			var said strings.Builder
			(&ui{err: &said, terminal: terminal}).fail(tt.err, tt.advice)
			if said.String() != want {
				t.Errorf("%s, terminal %v: said\n%swant\n%s", tt.name, terminal, said.String(), want)
			}
		}
	}
}
