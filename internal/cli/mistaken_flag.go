package cli

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/awsexec/awsexec/internal/near"
)

// unknownFlagError is the error for a flag that awsexec, or the command in the line,
// does not have.
type unknownFlagError struct {
	flag string
	help string // the command that shows which flags there are
}

func (e unknownFlagError) Error() string { return "unknown flag " + e.flag }

// foreignFlags are the flags that other tools have for a command that awsexec has by
// another name, by command and flag: the words that do the same.
var foreignFlags = map[[2]string][]string{
	{"remove", "--sessions-only"}: {"clear"},
	{"list", "--profiles"}:        {"list", "--tree"},
	{"list", "--sessions"}:        {"list"},
	{"list", "--credentials"}:     {"list"},
}

// meantFlag returns the line that a person probably meant who typed a flag that is
// unknown, or else the command that shows the flags.
func (e unknownFlagError) meant(ctx context.Context, args []string, d deps) string {
	parser, err := newParser(&cli{}, io.Discard, io.Discard)
	if err != nil {
		return e.help
	}
	own, child, hasChild := splitArgs(args)
	at := slices.IndexFunc(own, func(w string) bool { name, _, _ := strings.Cut(w, "="); return name == e.flag })
	if at < 0 { // one of several letters behind one -
		return e.help
	}
	whole := func(words []string) string {
		line := (&advisor{}).line(nil, words)
		if hasChild {
			line = (&advisor{}).line(nil, slices.Concat(words, []string{"--"}, child))
		}
		return line
	}
	command := parser.Model.Node
	for _, word := range own {
		if i := slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == word && !n.Hidden }); i >= 0 {
			command = parser.Model.Children[i]
			break
		}
	}
	_, value, given := strings.Cut(own[at], "=")
	rest := slices.Delete(slices.Clone(own), at, at+1)
	if words, ok := foreignFlags[[2]string{command.Name, e.flag}]; ok {
		i := slices.Index(rest, command.Name)
		return whole(slices.Concat(rest[:i], words, rest[i+1:]))
	}
	if flag := findFlag(command, e.flag); flag != nil { // of the command, before it
		words := []string{own[at]}
		if !given && !flag.IsBool() && at < len(rest) {
			words = append(words, rest[at])
			rest = slices.Delete(rest, at, at+1)
		}
		return whole(append(rest, words...))
	}
	if as := foreign[e.flag]; as != "" {
		switch {
		case findFlag(command, as) != nil && slices.Contains(valued, as):
			own[at] = as
			if given {
				own[at] += "=" + value
			}
			return whole(own)
		case slices.Index(own, command.Name) < at && command != parser.Model.Node:
			if !given && withValue(e.flag) && at < len(rest) {
				rest = slices.Delete(rest, at, at+1)
			}
			return whole(rest)
		}
		return meantBefore(ctx, args, d)
	}
	var names []string
	for _, f := range flagsOf(command) {
		if f.value != "--help" { // which is the answer anyway
			names = append(names, f.value)
		}
	}
	if found := near.Names(e.flag, names); len(found) > 0 && len(e.flag) > 3 {
		own = slices.Clone(own)
		own[at] = found[0]
		if given {
			own[at] += "=" + value
		}
		return whole(own)
	}
	return e.help
}

// meantBefore returns the line for flags of other tools before any word of awsexec.
func meantBefore(ctx context.Context, args []string, d deps) string {
	m, err := newMistaken(ctx, args, d)
	switch {
	case err != nil:
		return "awsexec --help"
	case len(m.words) > 0 && !slices.Contains(m.commands, m.words[0]):
		return strings.Join(m.meant(), "\n")
	case len(m.words) > 0:
		return m.line(m.words...)
	case m.hasChild || m.serve:
		return m.run(nil)
	}
	return m.line()
}
