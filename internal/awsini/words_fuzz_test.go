package awsini

import (
	"slices"
	"strings"
	"testing"
)

// FuzzSplitWords checks that quoting a word and splitting it are reverses, also among other words.
func FuzzSplitWords(f *testing.F) {
	for _, s := range []string{"", "a", "a b", `a "b c" 'd e'`, `\`, `"`, `'`, `"\"\\"`, `a\ b`, "\n", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if words, err := SplitWords(QuoteWord(s)); err != nil || len(words) != 1 || words[0] != s {
			t.Fatalf("%q is quoted as %q, which splits into %q, %v", s, QuoteWord(s), words, err)
		}
		words, err := SplitWords(s)
		if err != nil {
			return
		}
		var quoted []string
		for _, w := range words {
			quoted = append(quoted, QuoteWord(w))
		}
		again, err := SplitWords(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(again, words) {
			t.Fatalf("%q becomes %q, %v", words, again, err)
		}
	})
}
