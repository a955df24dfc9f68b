package keystore

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"a", "default", "my team", "Größe", "日本語", "a/b:c@d.e_f-g+h", strings.Repeat("x", 128)} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}
	for name, rule := range map[string]string{
		"":                       "empty",
		strings.Repeat("x", 129): "longer than 128",
		"a\xff":                  "UTF-8",
		" a":                     "begin or end with a space",
		"a ":                     "begin or end with a space",
		"-a":                     "begin with -",
		"a\nb":                   "U+000A",
		"a\x00":                  "U+0000",
		"a\u200bb":               "U+200B",
		"a\u00a0b":               "U+00A0",
	} {
		if err := CheckName(name); err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("name %q: %v, want the rule %q", name, err, rule)
		}
	}
	for _, r := range "[]'\"\\$`%#;=" {
		if err := CheckName("a" + string(r)); err == nil || !strings.HasSuffix(err.Error(), "contain "+string(r)) {
			t.Errorf("%c: %v", r, err)
		}
	}
}
