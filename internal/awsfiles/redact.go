package awsfiles

import (
	"strings"
	"unicode"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/lazyregexp"
)

// redacted replaces a secret.
const redacted = "(left out by awsexec)"

// The expressions are compiled once, when they are first used.
var (
	// secretSetting is a setting of AWS or of another tool that holds a secret
	// by its name, in a comment too.
	secretSetting = lazyregexp.New(`(?i)^([^=:\[]*(?:secret|token|passw|passphrase)[^=:]*[=:]\s*)(.*)$`)
	// notSecret is a setting that leads to a secret but is not one, such as
	// web_identity_token_file.
	notSecret = lazyregexp.New(`(?i)^[^=:]*(?:file|arn|url|process)\s*[=:]`)
	// secretRun is a run of what a secret access key is made of, plain, as in a
	// URL, or as in JSON.
	secretRun = lazyregexp.New(`(?:[A-Za-z0-9/+]|%2[BbFf]|\\/)+`)
	// userInfo is the user information of a URL, valid or not.
	userInfo = lazyregexp.New(`://([^\s/@:"']*:[^\s"']*|[^\s/@:"']+)@`)
)

// Redact returns data, the content of an AWS file, with a mark in place of every
// secret: values of settings that hold one by their name, with their continuation
// lines, in comments too; the same values anywhere else; all that has the form of a
// secret access key; and the user information of URLs. The number of lines stays the
// same, and so does the end of each.
func Redact(data []byte) []byte {
	secretSetting, notSecret := secretSetting(), notSecret()
	lines := awsini.SplitLines(string(data))
	var known []string // the secrets that were found by the name of their setting
	secretIndent := -1 // of the secret setting that may still go on
	for i, line := range lines {
		eol := ending(line)
		text := line[:len(line)-len(eol)]
		indent := awsini.Indent(text)
		body := text[len(indent):]
		switch m := secretSetting.FindStringSubmatch(body); {
		case awsini.Trim(text) == "":
		case secretIndent >= 0 && awsini.Width(indent) > secretIndent:
			known = append(known, secretWords(body)...)
			lines[i] = indent + redacted + eol
		case m != nil && !notSecret.MatchString(body):
			if !awsini.IsComment(body) {
				secretIndent = awsini.Width(indent)
				known = append(known, secretWords(m[2])...)
			}
			if m[2] != "" {
				lines[i] = indent + m[1] + redacted + eol
			}
		default:
			if !awsini.IsComment(body) { // a value goes on below a comment
				secretIndent = -1
			}
		}
	}
	var pairs []string
	for _, secret := range known {
		pairs = append(pairs, secret, redacted)
	}
	replacer := strings.NewReplacer(pairs...)
	var b strings.Builder
	for _, line := range lines {
		line = userInfo().ReplaceAllStringFunc(replacer.Replace(line), redactUserInfo)
		b.WriteString(secretRun().ReplaceAllStringFunc(line, redactRun))
	}
	return []byte(b.String())
}

// redactRun returns run with a mark in place of what could be a secret access key:
// all of it, or a part between slashes or plus signs. A secret may have some of them
// itself.
func redactRun(run string) string {
	if len(run) < secretLength {
		return run
	}
	var starts []int // of the characters in run, and its end
	for i := 0; i < len(run); {
		starts = append(starts, i)
		switch run[i] {
		case '%':
			i += len("%2F")
		case '\\':
			i += len(`\/`)
		default:
			i++
		}
	}
	starts = append(starts, len(run))
	plain := strings.NewReplacer("%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/", `\/`, "/").Replace(run)
	isGlue := func(i int) bool { return i < 0 || i == len(plain) || plain[i] == '/' || plain[i] == '+' }
	var b strings.Builder
	done := 0 // the end of what has been redacted
	for i := 0; i+secretLength <= len(plain); i++ {
		if !isGlue(i-1) || !isGlue(i+secretLength) || !looksSecret(plain[i:i+secretLength]) {
			continue
		}
		if i >= done {
			b.WriteString(run[starts[done]:starts[i]] + redacted)
		}
		done = i + secretLength // several may overlap, and one of them is right
	}
	return b.String() + run[starts[done]:]
}

// secretLength is the length of a secret access key.
const secretLength = 40

// looksSecret reports whether word, which is as long as one, could be a secret
// access key: it has letters of both cases and digits.
func looksSecret(word string) bool {
	return strings.ContainsFunc(word, unicode.IsUpper) && strings.ContainsFunc(word, unicode.IsLower) && strings.ContainsFunc(word, unicode.IsDigit)
}

// redactUserInfo returns match, which is "://…@", with a mark in place of the user
// information.
func redactUserInfo(match string) string {
	_, behind, _ := strings.Cut(match[len("://"):len(match)-1], ":")
	if port, _, path := strings.Cut(behind, "/"); path && port != "" && strings.Trim(port, "0123456789") == "" {
		return match // of a host with its port, and an @ in the path
	}
	return "://" + redacted + "@"
}
