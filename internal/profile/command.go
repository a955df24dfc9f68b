package profile

import (
	"strings"
	"unicode/utf8"

	"github.com/awsexec/awsexec/internal/awsini"
)

// ProcessCommand joins words, the absolute path of a program first, to a
// credential_process that every SDK splits into these words again: by the rules of
// shlex or of Windows (botocore), or by a shell (the Go SDK and the SDK for
// JavaScript), after each has read it from a file in its own way.
//
// Characters with a meaning to a shell are quoted one by one. The value then does
// not begin with a quote, which the Go SDK would strip together with one at its
// end, and it has no # or ; after a space, where two of the SDKs see a comment. On
// Windows % cannot be hidden from cmd.exe, nor a double quote from any of them.
func ProcessCommand(goos string, words ...string) string {
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if word == "" {
			b.WriteString(`""`)
		}
		for _, r := range word {
			b.WriteString(quoteRune(goos, r))
		}
	}
	return b.String()
}

func quoteRune(goos string, r rune) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%"
	switch {
	case strings.ContainsRune(plain, r) || r >= utf8.RuneSelf && !awsini.IsSpace(r), goos == "windows" && strings.ContainsRune(`\~!'*?[]{}$#`, r):
		return string(r)
	case goos == "windows" || r != '"' && r != '$' && r != '`' && r != '\\':
		return `"` + string(r) + `"`
	default:
		return `'` + string(r) + `'`
	}
}
