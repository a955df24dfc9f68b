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
		{"any  width", 0, []string{"any  width"}},
	} {
		if got := Fold(c.text, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%q, %d: %q", c.text, c.width, got)
		}
	}
}
