package awsfiles

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// Secrets returns what must not be shown of the files: the values of settings that
// hold a secret by their name, and the user information of URLs. The longest come
// first.
func Secrets(c *profile.Config) []string {
	var all []string
	var add func(settings []awsini.Setting)
	add = func(settings []awsini.Setting) {
		for _, s := range settings {
			if HoldsSecret(s.Key) {
				all = append(all, secretWords(s.Text)...)
			}
			if strings.Contains(s.Text, "://") || strings.HasSuffix(s.Key, "_url") {
				all = append(all, URLSecrets(s.Text)...)
			}
			add(s.Nested)
		}
	}
	for _, f := range []*awsini.File{c.Config, c.Credentials} {
		add(f.Defaults)
		for _, s := range f.Sections {
			add(s.Own)
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return all
}

// HoldsSecret reports whether a setting or a variable holds a secret by its
// name.
func HoldsSecret(name string) bool {
	name = strings.ToLower(name)
	return containsAny(name, "secret", "token", "passw", "passphrase") && !notSecret().MatchString(name+"=")
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}

// minSecret is the least length of a word in a secret setting that is redacted
// elsewhere too. A shorter one could be any word.
const minSecret = 16

// secretWords returns the words of the value of a secret setting that are unlike
// other text.
func secretWords(value string) []string {
	words := strings.FieldsFunc(value, func(r rune) bool { return awsini.IsSpace(r) || strings.ContainsRune(`"',;`, r) })
	return slices.DeleteFunc(words, func(w string) bool {
		return len(w) < minSecret || strings.Contains(w, "://") || strings.Contains(redacted, w)
	})
}

// URLSecrets returns what must not be shown of a URL, longest first: its user
// information, and the parts of it that an error could quote. The URL need not be
// valid, and may lack its scheme, as that of a proxy may. The result is nil for a
// URL without user information.
func URLSecrets(text string) []string {
	_, rest, found := strings.Cut(text, "://")
	if !found {
		rest = text
	}
	end := strings.LastIndexByte(rest, '@')
	if end < 1 {
		return nil
	}
	if u, err := url.Parse(text); err == nil && u.Host != "" && u.User == nil { // the @ is behind the host
		return nil
	}
	info := rest[:end]
	all := []string{info}
	if _, password, ok := strings.Cut(info, ":"); ok {
		decoded, _ := url.PathUnescape(password)
		pieces := strings.FieldsFunc(password, func(r rune) bool { return awsini.IsSpace(r) || strings.ContainsRune("/?#@:[]\\", r) })
		for _, part := range append([]string{password, decoded}, pieces...) {
			if len(part) >= 4 && !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	return all
}
