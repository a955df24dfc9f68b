package profile

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// redacted stands in the place of a secret.
const redacted = "(left out by awsexec)"

// The expressions are compiled once, and only by those who redact.
var (
	// secretSetting is a setting of AWS or of another tool that holds a secret by its name, in a comment too.
	secretSetting = expression(`(?i)^([^=:\[]*(?:secret|token|passw|passphrase)[^=:]*[=:]\s*)(.*)$`)
	// notSecret is a setting that leads to a secret and is none, such as web_identity_token_file.
	notSecret = expression(`(?i)^[^=:]*(?:file|arn|url|process)\s*[=:]`)
	// secretShape finds candidates for a secret access key anywhere in a line.
	secretShape = expression(`[A-Za-z0-9/+]+`)
)

func expression(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// Redact returns data, the contents of an AWS file, with a mark in the place of every secret: values of settings that hold one by their
// name, with the lines that they go on over, in comments too, and all that has the shape of a secret access key. The lines stay
// as many as they are, and as they end.
func Redact(data []byte) []byte {
	secretSetting, notSecret, secretShape := secretSetting(), notSecret(), secretShape()
	var b strings.Builder
	secretIndent := -1 // of the secret setting that may still go on
	for _, line := range splitLines(string(data)) {
		eol := ending(line)
		text := line[:len(line)-len(eol)]
		indent := indentOf(text)
		body := text[len(indent):]
		switch m := secretSetting.FindStringSubmatch(body); {
		case trim(text) == "":
		case secretIndent >= 0 && width(indent) > secretIndent:
			text = indent + redacted
		case m != nil && !notSecret.MatchString(body):
			if !isComment(body) {
				secretIndent = width(indent)
			}
			if m[2] != "" {
				text = indent + m[1] + redacted
			}
		default:
			if !isComment(body) { // a value goes on below a comment
				secretIndent = -1
			}
			text = secretShape.ReplaceAllStringFunc(text, func(word string) string {
				if looksSecret(word) {
					return redacted
				}
				return word
			})
		}
		b.WriteString(text + eol)
	}
	return []byte(b.String())
}

// isComment tells whether a line, without its indentation, is a comment.
func isComment(body string) bool { return strings.HasPrefix(body, "#") || strings.HasPrefix(body, ";") }

// looksSecret tells whether word could be a secret access key: 40 characters, letters of both cases and digits among them.
func looksSecret(word string) bool {
	runes := []rune(word)
	return len(runes) == 40 && slices.ContainsFunc(runes, unicode.IsUpper) && slices.ContainsFunc(runes, unicode.IsLower) &&
		slices.ContainsFunc(runes, unicode.IsDigit)
}
