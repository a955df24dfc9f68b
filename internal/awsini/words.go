package awsini

import (
	"errors"
	"strings"
)

// SplitWords returns the words of s by the rules of Python's shlex.split, which
// botocore applies to section names and commands.
func SplitWords(s string) ([]string, error) {
	const space = " \t\r\n"
	var (
		words  []string
		word   strings.Builder
		inWord bool
	)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case strings.IndexByte(space, c) >= 0:
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		case c == '\\':
			i++
			if i == len(s) {
				return nil, errors.New("nothing behind the last backslash")
			}
			word.WriteByte(s[i])
			inWord = true
		case c == '\'' || c == '"':
			end, err := quoted(s[i:], &word)
			if err != nil {
				return nil, err
			}
			i += end
			inWord = true
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// quoted writes to word what the quotes at the start of s hold and returns the
// index of the closing one. A backslash escapes only within double quotes, and
// only a double quote or another backslash.
func quoted(s string, word *strings.Builder) (end int, err error) {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return i, nil
		case quote == '"' && s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		word.WriteByte(s[i])
	}
	return 0, errors.New("quotes are not closed")
}

// QuoteWord returns s quoted so that SplitWords returns it as one word.
func QuoteWord(s string) string {
	if words, err := SplitWords(s); err == nil && len(words) == 1 && words[0] == s {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
