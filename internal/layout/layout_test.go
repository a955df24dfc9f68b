package layout

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTable(t *testing.T) {
	rows := [][]Cell{
		{{"NAME", Strong}, {"CREDENTIALS", Strong}, {"REGION", Strong}},
		{{"work", Plain}, {"a session of the long-term key that is stored", Good}, {"eu-west-1", Plain}},
		{{"größer", Plain}, {"", Plain}, {"none", Faint}},
	}
	for _, c := range []struct {
		width  int
		colour bool
		want   string
	}{
		{0, false, `NAME    CREDENTIALS                                    REGION
work    a session of the long-term key that is stored  eu-west-1
größer                                                 none
`},
		{40, false, `NAME    CREDENTIALS            REGION
work    a session of the       eu-west-1
        long-term key that is
        stored
größer                         none
`},
		{40, true, "\x1b[1mNAME\x1b[0m    \x1b[1mCREDENTIALS\x1b[0m            \x1b[1mREGION\x1b[0m\n" +
			"work    \x1b[32ma session of the\x1b[0m       eu-west-1\n" +
			"        \x1b[32mlong-term key that is\x1b[0m\n" +
			"        \x1b[32mstored\x1b[0m\n" +
			"größer                         \x1b[2mnone\x1b[0m\n"},
	} {
		if got := Table(rows, 2, c.width, c.colour); got != c.want {
			t.Errorf("width %d, colour %v: got\n%s", c.width, c.colour, got)
		}
	}
	tree := [][]Cell{{{"NAME", Strong}, {"ACCOUNT", Strong}}, {{"work", Plain}, {"123456789012", Plain}}, {{"  a long name of a role", Plain}, {"", Plain}}}
	if got, want := Table(tree, 2, 30, false), "NAME              ACCOUNT\nwork              123456789012\n  a long name of\n  a role\n"; got != want {
		t.Errorf("indented: got\n%s", got)
	}
	if got, want := Table(tree, 2, 20, false), "NAME     work\nACCOUNT  12345678901\n         2\n\nNAME       a long\n           name of a\n           role\n"; got != want {
		t.Errorf("narrow: got\n%s", got)
	}
	if got := Table(nil, 2, 80, true); got != "" {
		t.Errorf("%q", got)
	}
}

// No line is wider than the terminal, unless its columns are as narrow as they get.
func TestTableFits(t *testing.T) {
	word := strings.Repeat("word ", 30)
	rows := [][]Cell{{{strings.Repeat("x", 100), Plain}, {word, Plain}, {word, Plain}, {"short", Plain}}}
	for width := 4*narrowest + 3*3; width < 300; width++ {
		for line := range strings.Lines(Table(rows, 3, width, false)) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("width %d: %d: %s", width, n, line)
			}
		}
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"abcdefghij kl", 4, []string{"abcd", "efgh", "ij", "kl"}},
		{"abcdefg h", 4, []string{"abcd", "efg", "h"}},
		{"", 4, []string{""}},
		{"日本語 x", 4, []string{"日本", "語 x"}},
		{"日本", 1, []string{"日", "本"}},
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		{"any  width", 0, []string{"any  width"}},
	} {
		if got := Fold(c.text, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%q, %d: %q", c.text, c.width, got)
		}
	}
}

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{
		"work": 4, "größer": 6, "gro\u0308ßer": 6, "日本語": 6, "한글": 4, "🔑": 2, "⚠": 1, "✅": 2, "…": 1, "ｆｕｌｌ": 8, "ﾊﾝｶｸ": 4, "": 0, "👍🏽": 4,
	} {
		if got := Width(text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
	got := Table([][]Cell{{{"日本", Plain}, {"x", Plain}}, {{"work", Plain}, {"y", Plain}}}, 2, 0, false)
	if want := "日本  x\nwork  y\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{{"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"}, {"abc", 2, "a…"}, {"abc", 0, ""}} {
		if got := Cut(c.text, c.width); got != c.want {
			t.Errorf("%s, %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
