package cli

import (
	"io"
	"os"
	"regexp"
	"strings"

	"golang.org/x/term"
)

// look is how a stream shows text.
type look struct {
	terminal bool
	colour   bool
	width    int // of the terminal in columns; 0 if there is none
}

// lookOf returns the look of w. Colours are for terminals that have them, unless the
// user wants none (NO_COLOR), or wants them everywhere (CLICOLOR_FORCE).
func lookOf(w io.Writer, env func(string) string) look {
	l := look{terminal: isTerminal(w)}
	forced := env("CLICOLOR_FORCE") != "" && env("CLICOLOR_FORCE") != "0"
	l.colour = env("NO_COLOR") == "" && (forced || l.terminal && env("TERM") != "dumb" && understandsColour(w.(*os.File)))
	if l.terminal {
		if width, _, err := term.GetSize(int(w.(*os.File).Fd())); err == nil {
			l.width = width
		}
	}
	return l
}

// tilde returns text with ~ in place of the home directory, if out is a terminal:
// where a path begins, and is not in quotes, within which a shell would not replace
// it.
func (u *ui) tilde(text string) string { return u.tildeOn(u.outLook.terminal, text) }

func (u *ui) tildeOn(terminal bool, text string) string {
	if !terminal || u.home == "" || u.home == "/" {
		return text
	}
	path := regexp.MustCompile(`(^|[\s(])` + regexp.QuoteMeta(strings.TrimSuffix(u.home, "/")) + `/`)
	return path.ReplaceAllString(text, "${1}~/")
}
