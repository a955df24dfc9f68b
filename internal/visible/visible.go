// Package visible makes text from files, servers and arguments safe to print on
// a terminal.
package visible

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text returns s with every character that is not plainly visible escaped as in
// a Go string: \n, \x1b, \u202e. It escapes control characters, which move the
// cursor or end a line, bidirectional controls, which reorder text, characters
// without width, and all spaces but the ASCII one. A byte that is not UTF-8
// becomes \xff. The result is one line.
func Text(s string) string {
	clean := func(r rune) bool { return strconv.IsPrint(r) && r != utf8.RuneError }
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if clean(r) {
			b.WriteString(s[:size])
		} else {
			quoted := strconv.Quote(s[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	return b.String()
}
