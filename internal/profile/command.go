package profile

import (
	"strings"
	"unicode/utf8"

	"github.com/awsexec/awsexec/internal/awsini"
)

// ProcessCommand joins words, a program's absolute path first, to a credential_process that every SDK splits into these words again: by
// the rules of shlex or of Windows (botocore), by a shell (the Go SDK and the SDK for JavaScript), and read from a file by each of them.
//
// What a shell would understand is quoted character by character. The value then neither begins with a quote, which the Go SDK would take
// off together with one at its end, nor has a # or ; behind a space, where two of the SDKs see a comment. On Windows % cannot
// be hidden from cmd.exe, nor a double quote from any of them.
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
