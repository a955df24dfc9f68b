package profile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace tells what Python's str.strip takes for white space, which is a little more than unicode.IsSpace.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || '\x1c' <= r && r <= '\x1f'
}

// trim is Python's str.strip. The loop is for speed: most lines have nothing to strip but a space or two.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	if s == "" || isPlain(s[0]) && isPlain(s[len(s)-1]) {
		return s
	}
	return strings.TrimFunc(s, isSpace)
}

// isPlain tells whether c is a character of its own and no white space.
func isPlain(c byte) bool { return ' ' < c && c < utf8.RuneSelf }

// cutLine splits the first line off s, which is not empty. A line ends with LF, CR LF or CR, as in Python's text files;
// size is its length in bytes with its ending.
func cutLine(s string) (line string, size int) {
	end := strings.IndexAny(s, "\r\n")
	switch {
	case end < 0:
		return s, len(s)
	case strings.HasPrefix(s[end:], "\r\n"):
		return s[:end], end + 2
	}
	return s[:end], end + 1
}

// indentOf returns the white space that line starts with.
func indentOf(line string) string {
	return line[:len(line)-len(strings.TrimLeftFunc(line, isSpace))]
}

// width counts the characters of an indentation: a tab is one.
func width(indent string) int { return utf8.RuneCountInString(indent) }

// isNestedBreak tells where Python's str.splitlines ends a line. It has more line endings than a file has.
func isNestedBreak(r rune) bool {
	switch r {
	case '\v', '\f', '\x1c', '\x1d', '\x1e', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}
