package visible

import (
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "",
		`C:\x1b "q" é 日本 🔑 …`:                `C:\x1b "q" é 日本 🔑 …`,
		"a\x1b[2Jb":                          `a\x1b[2Jb`,
		"a\nawsexec: error: forged\r":        `a\nawsexec: error: forged\r`,
		"a\tb\x00\x07\b":                     `a\tb\x00\a\b`,
		"\x7f\u0085\u009b":                   `\x7f\u0085\u009b`,
		"\u202adev\u202e\u2066\u2069":        `\u202adev\u202e\u2066\u2069`,
		"\u200e\u200f\u061c":                 `\u200e\u200f\u061c`,
		"\u200b\u200c\u200d\u2060\ufeff":     `\u200b\u200c\u200d\u2060\ufeff`,
		"\u2028\u2029":                       `\u2028\u2029`,
		"\u00a0\u00ad\U000e0041":             `\u00a0\u00ad\U000e0041`,
		"\x9b31m \xff \xe2\x80 \xf0\x9f\x94": `\x9b31m \xff \xe2\x80 \xf0\x9f\x94`,
		"\ufffd":                             "\ufffd",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%+q) = %q, want %q", in, got, want)
		}
	}
}

// Text returns only printable characters, for every character and every byte.
func TestTextOfEverything(t *testing.T) {
	var all []string
	for r := rune(0); r <= unicode.MaxRune; r++ {
		all = append(all, string(r))
	}
	for c := range 256 {
		all = append(all, string([]byte{byte(c)}))
	}
	for _, s := range all {
		got := Text(s)
		bad := func(r rune) bool {
			return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
		}
		if got == "" || !utf8.ValidString(got) || strings.ContainsFunc(got, bad) {
			t.Fatalf("Text(%+q) = %+q", s, got)
		}
		if back, err := strconv.Unquote(`"` + got + `"`); got != s && (err != nil || back != s) {
			t.Fatalf("Text(%+q) = %q, which reads as %q, %v", s, got, back, err)
		}
	}
}

func TestBounded(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"short":                    "short",
		strings.Repeat("é", 1200):  strings.Repeat("é", 1200),
		strings.Repeat("é", 1201):  strings.Repeat("é", 800) + " … " + strings.Repeat("é", 400),
		strings.Repeat("ab", 5000): strings.Repeat("ab", 400) + " … " + strings.Repeat("ab", 200),
	} {
		if got := Bounded(in); got != want {
			t.Errorf("Bounded of %d bytes has %d, want %d", len(in), len(got), len(want))
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("dev\u202e\x1b[0m\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if got := Text(s); Text(got) != got || strings.ContainsAny(got, "\n\r\x1b") || !utf8.ValidString(got) {
			t.Errorf("Text(%+q) = %+q", s, got)
		}
	})
}

func TestMasked(t *testing.T) {
	for in, want := range map[string]string{
		"no key": "no key",
		"get session token with AKIAIOSFODNN7ALICE01: refused":                   "get session token with AKIA…CE01: refused",
		"assume role arn:aws:iam::123456789012:role/x with ASIAIOSFODNN7ALICE01": "assume role arn:aws:iam::********9012:role/x with ASIA…CE01",
		"arn:aws-us-gov:sts::123456789012:assumed-role/a/b, AKIA":                "arn:aws-us-gov:sts::********9012:assumed-role/a/b, AKIA",
	} {
		if got := Masked(in); got != want {
			t.Errorf("Masked(%q) = %q, want %q", in, got, want)
		}
	}
}
