package awsini

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsSpace reports whether Python's str.strip takes r for white space, which is a
// little more than unicode.IsSpace.
func IsSpace(r rune) bool {
	return unicode.IsSpace(r) || '\x1c' <= r && r <= '\x1f'
}

// Trim returns s without the white space around it, as Python's str.strip does.
// The loops are for speed: most lines have nothing to strip but a space or two.
func Trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	if s == "" || isPlain(s[0]) && isPlain(s[len(s)-1]) {
		return s
	}
	return strings.TrimFunc(s, IsSpace)
}

// isPlain reports whether c is a character of its own and no white space.
func isPlain(c byte) bool { return ' ' < c && c < utf8.RuneSelf }

// CutLine returns the first line of s, which is not empty, and its length in
// bytes with its ending. A line ends with LF, CR LF or CR, as in Python's text
// files.
func CutLine(s string) (line string, size int) {
	end := strings.IndexAny(s, "\r\n")
	switch {
	case end < 0:
		return s, len(s)
	case strings.HasPrefix(s[end:], "\r\n"):
		return s[:end], end + 2
	}
	return s[:end], end + 1
}

// SplitLines returns the lines of data, each with its ending.
func SplitLines(data string) []string {
	var lines []string
	for data != "" {
		_, size := CutLine(data)
		lines = append(lines, data[:size])
		data = data[size:]
	}
	return lines
}

// IsSetting reports whether a line is neither blank nor a comment.
func IsSetting(line string) bool {
	text := Trim(line)
	return text != "" && !IsComment(text)
}

// IsComment reports whether a line, without its indentation, is a comment.
func IsComment(text string) bool { return text != "" && (text[0] == '#' || text[0] == ';') }

// Indent returns the white space that line starts with.
func Indent(line string) string {
	return line[:len(line)-len(strings.TrimLeftFunc(line, IsSpace))]
}

// Width returns how many characters an indentation has: a tab is one.
func Width(indent string) int { return utf8.RuneCountInString(indent) }

// isNestedBreak reports whether Python's str.splitlines ends a line at r. It has
// more line endings than a file has.
func isNestedBreak(r rune) bool {
	switch r {
	case '\v', '\f', '\x1c', '\x1d', '\x1e', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}
