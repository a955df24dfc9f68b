package awsini

import (
	"strings"
	"unicode/utf8"
)

// lineAt returns the position after head.
func lineAt(path string, head []byte) Pos {
	line := 1
	for text := string(head); text != ""; line++ {
		content, size := CutLine(text)
		if len(content) == size {
			break
		}
		text = text[size:]
	}
	return Pos{path, line}
}

// validPrefix returns data up to its first byte that is not UTF-8.
func validPrefix(data []byte) []byte {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return data[:i]
		}
		i += size
	}
	return data
}

// showKey returns a key and a space, or "" if the key may be a secret: the parser
// takes a secret on a line of its own for a key if it ends in "=".
func showKey(key string) string {
	if len(key) >= 40 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return ""
	}
	return key + " "
}
