// Package conceal leaves secrets out of text that people see.
package conceal

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/lazyregexp"
)

// Mark stands in place of a secret.
const Mark = "***"

// Secrets are known secrets. Goroutines may share it. The zero value has none.
type Secrets struct {
	mu      sync.Mutex
	sources []func() []string
	remover *strings.Replacer // of what sources return; nil until it is needed
}

// Add adds what source returns, none of which may be empty. Remove calls source
// when it is needed.
func (s *Secrets) Add(source func() []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources, s.remover = append(s.sources, source), nil
}

// Remove returns text without the secrets, plain and as Go and JSON quote them.
func (s *Secrets) Remove(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remover == nil {
		var pairs []string
		for _, source := range s.sources {
			for _, secret := range source() {
				quoted := strconv.Quote(secret)
				encoded, _ := json.Marshal(secret) // a string
				for _, form := range []string{secret, quoted[1 : len(quoted)-1], string(encoded[1 : len(encoded)-1])} {
					pairs = append(pairs, form, Mark)
				}
			}
		}
		s.remover = strings.NewReplacer(pairs...)
	}
	return s.remover.Replace(text)
}

// likely matches what could be a secret access key, a session token or a key in
// another form.
var likely = lazyregexp.New(`[A-Za-z0-9+/=_-]{32,}`)

// named match what is said to be a secret, however short: what introduces it, and the
// secret. Behind a colon there is often a reason, so that only what has a digit counts.
var named = sync.OnceValue(func() []*regexp.Regexp {
	const word = `(?:password|passwd|passphrase|pwd|secret|token|api[-_]?key)`
	const rest = `[^\s"'&;,]`
	return []*regexp.Regexp{
		regexp.MustCompile(`(?i)(` + word + `[a-z_-]*["']?\s?=\s?["']?)(` + rest + `+)`),
		regexp.MustCompile(`(?i)(` + word + `["']?\s*:\s*["']?)(` + rest + `*[0-9]` + rest + `*)`),
		regexp.MustCompile(`(?i)(\bbearer\s+)(` + rest + `*[0-9]` + rest + `*)`),
		regexp.MustCompile(`(?i)(--` + word + `\s+)(` + rest + `+)`),
	}
})

// RemoveLikely returns text, that of another program, without what could be a
// secret. A path stays.
func RemoveLikely(text string) string {
	if text == "" { // as most programs say nothing: the expressions are not needed
		return ""
	}
	text = likely().ReplaceAllStringFunc(text, func(word string) string {
		if word[0] == '/' || !strings.ContainsAny(word, "0123456789") || strings.Trim(word, "=-_") == "" {
			return word
		}
		return Mark
	})
	for _, said := range named() {
		text = said.ReplaceAllStringFunc(text, func(match string) string {
			parts := said.FindStringSubmatch(match)
			if strings.ContainsAny(parts[2][:1], "/~$*") { // a path, a variable, or hidden already
				return match
			}
			return parts[1] + Mark
		})
	}
	return text
}

// Environ returns the secrets of AWS, awsexec and proxies in an environment.
func Environ(environ []string) []string {
	var all []string
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		switch name = strings.ToUpper(name); {
		case strings.HasPrefix(name, "AWS") && awsfiles.HoldsSecret(name) && len(value) >= 8:
			all = append(all, value)
		case strings.HasPrefix(name, "AWS") && strings.Contains(value, "://"), strings.Contains(name, "_URL"), strings.HasSuffix(name, "_PROXY"):
			all = append(all, awsfiles.URLSecrets(value)...)
		}
	}
	return all
}
