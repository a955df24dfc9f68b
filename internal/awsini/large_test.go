package awsini

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The time and memory to read a large file are in proportion to its size, whatever
// is in it.
func TestLargeFiles(t *testing.T) {
	const size = 4 << 20 // a quarter of the limit: what grows with the square takes minutes all the same
	many := func(head, unit string) string { return head + strings.Repeat(unit, (size-len(head))/len(unit)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, tt := range map[string]struct {
		text string
		want bool // it can be read
	}{
		"brackets":              {many("", "["), false},
		"nested brackets":       {many("[profile ", "[]"), true},
		"sections":              {numbered("[profile p%d]\n"), true},
		"settings":              {"[profile p]\n" + numbered("k%d=\n"), true},
		"one line":              {many("[profile p]\na = ", "x"), true},
		"blank lines":           {many("[profile p]\na = b\n", "\n"), true},
		"lines of one value":    {many("[profile p]\na = b\n", " x\n"), true},
		"nested settings":       {many("[profile p]\na =\n", " x=\n"), true},
		"nested line breaks":    {many("[profile p]\na =\n x=", "\u2028"), true},
		"comments":              {many("[profile p]\na = b\n", " #\n"), true},
		"carriage returns":      {many("[profile p]\na = b\r", "\r"), true},
		"a name of quotes":      {many("[profile \"", `\"`) + "]\n", true},
		"of [DEFAULT]":          {"[DEFAULT]\n" + numbered("k%d=\n")[:size/2] + "=\n" + numbered("[profile p%d]\n")[:size/2], false},
		"bad ones of [DEFAULT]": {"[DEFAULT]\n" + numbered("k%d=\n x\n") + "[profile p]\n", false},
	} {
		f, err := Parse("C", []byte(tt.text), ConfigFile)
		if _, bad := errors.AsType[*ParseError](err); bad == tt.want || err == nil && f == nil {
			t.Errorf("%s: %.200v", name, err)
		}
	}
}

// Of many invalid settings in [DEFAULT], one that a section does not override is
// found without comparing all with all.
func TestBadDefaultsOverridden(t *testing.T) {
	var bad, over strings.Builder
	const n = 100000
	for i := range n {
		fmt.Fprintf(&bad, "k%d =\n x\n", i)
		fmt.Fprintf(&over, "k%d = 1\n", i)
	}
	all := "[DEFAULT]\n" + bad.String() + "[profile p]\n" + over.String()
	if _, err := Parse("C", []byte(all), ConfigFile); err != nil {
		t.Error(err)
	}
	if _, err := Parse("C", []byte(all+"[profile q]\n"), ConfigFile); err == nil || !strings.HasPrefix(err.Error(), "C:3: ") {
		t.Errorf("a malformed setting is taken: %v", err)
	}
}
