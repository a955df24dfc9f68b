package awsini

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/awsexec/awsexec/internal/awsinitest"
)

func TestSplitsWordsAsShlex(t *testing.T) {
	words := []string{"", " ", "a", "a b", `"a b" c`, `''`, `a''b`, `"a`, `'a`, `a\`, `\ a`, `"\a\"\\"`, `'\''`, "a\tb\r\nc", `a"b"'c'd`, "é \u00a0 x", `"" ""`}
	random := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		words = append(words, awsinitest.RandomText(random, `ab "'\`+"\té", 10))
	}
	awsinitest.AskBotocore(t, awsinitest.Question{Words: words}, nil, func(t *testing.T, a awsinitest.Answer) {
		for i, s := range words {
			got, err := SplitWords(s)
			want := a.Words[i]
			if (err != nil) != (want == nil) || err == nil && !slices.Equal(got, want) {
				t.Errorf("%q: got %q, %v, want %q", s, got, err, want)
			}
		}
	})
	for _, s := range words {
		if got, err := SplitWords(QuoteWord(s)); err != nil || len(got) != 1 || got[0] != s {
			t.Errorf("%q is quoted as %s, which splits into %q, %v", s, QuoteWord(s), got, err)
		}
	}
}
