// Package manual holds what awsexec says of itself, and lays it out for a screen
// and as manual pages.
package manual

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/awsexec/awsexec/internal/layout"
)

// Page is about one command.
type Page struct {
	Command  string // its words; "" for awsexec without a command word
	Purpose  string // one sentence, in the imperative
	Forms    []string
	Detail   string // paragraphs for the manual page; an empty line is between two
	Examples []Entry
	Commands []Entry // that it needs one of
	Args     []Entry
	Flags    []Flag // its own
	Shared   []Flag // those of all commands that it heeds
}

// Entry is a name and what it means. In an example, the name is a command.
type Entry struct{ Name, Text string }

// Flag is a flag of the command line.
type Flag struct {
	Name   string
	Short  rune   // 0 for none
	Value  string // what stands for its value; "" for a flag without one
	Text   string // what it does, on one line if it is a shared flag
	Detail string // more, for the manual page; may be ""
}

// Form returns the flag as it is typed.
func (f Flag) Form() string {
	form := "    --" + f.Name
	if f.Short != 0 {
		form = fmt.Sprintf("-%c, --%s", f.Short, f.Name)
	}
	if f.Value != "" {
		form += "=" + f.Value
	}
	return form
}

// Topic is a page about something that is not a command.
type Topic struct {
	Name    string
	Purpose string
	Entries []Entry
}

// width is that of the smallest terminal that the screens are made for.
const width = 80

// Screen returns p as a text that fits a small terminal.
func (p Page) Screen() string {
	var b strings.Builder
	for i, form := range p.Forms {
		fmt.Fprintf(&b, "%-7s%s\n", []string{"Usage:", ""}[min(i, 1)], form)
	}
	b.WriteString("\n" + fold(p.Purpose, 0) + "\n")
	for _, part := range [][]Entry{p.Examples, p.Commands, slices.Concat(p.Args, forms(p.Flags)), forms(p.Shared)} {
		if len(part) > 0 {
			b.WriteString("\n" + Columns(part))
		}
	}
	return b.String()
}

func forms(flags []Flag) []Entry {
	entries := make([]Entry, len(flags))
	for i, f := range flags {
		entries[i] = Entry{f.Form(), f.Text}
	}
	return entries
}

// Screen returns t as a text that fits the width of a small terminal.
func (t Topic) Screen() string {
	var b strings.Builder
	b.WriteString(fold(t.Purpose, 0) + "\n")
	for _, e := range t.Entries {
		b.WriteString("\n" + fold(e.Name, 0) + "\n      " + fold(e.Text, 6) + "\n")
	}
	return b.String()
}

// widest is how far right the second column may begin.
const widest = 46

// Columns returns entries in two columns.
func Columns(entries []Entry) string { return columns(entries, secondColumn(entries)) }

// Group is a list of entries with a title.
type Group struct {
	Title   string
	Entries []Entry
}

// Groups returns the entries of groups in two columns, each group below its title.
func Groups(groups []Group) string {
	var all []Entry
	for _, g := range groups {
		all = append(all, g.Entries...)
	}
	second := secondColumn(all)
	parts := make([]string, len(groups))
	for i, g := range groups {
		parts[i] = g.Title + ":\n" + columns(g.Entries, second)
	}
	return strings.Join(parts, "\n")
}

// secondColumn returns where the second column of entries begins.
func secondColumn(entries []Entry) int {
	second := 0
	for _, e := range entries {
		if n := utf8.RuneCountInString(e.Name) + 4; n <= widest {
			second = max(second, n)
		}
	}
	return second
}

func columns(entries []Entry, second int) string {
	var b strings.Builder
	for _, e := range entries {
		b.WriteString("  " + e.Name)
		at := utf8.RuneCountInString(e.Name) + 2
		if at+2 > second {
			b.WriteByte('\n')
			at = 0
		}
		b.WriteString(strings.Repeat(" ", second-at) + fold(e.Text, second) + "\n")
	}
	return b.String()
}

// fold breaks text into lines that fit the screen if the first begins in column
// indent, as the others do.
func fold(text string, indent int) string {
	return strings.Join(layout.Fold(text, width-indent), "\n"+strings.Repeat(" ", indent))
}
