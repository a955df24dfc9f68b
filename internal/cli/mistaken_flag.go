package cli

import (
	"context"
	"errors"
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
	{"add", "--add-config"}:        {"add"},
	{"add", "--no-add-config"}:     {"add"},
	{"clear", "--all"}:             {"clear"},
	{"completion", "--shell"}:      {"completion"},
	{"list", "--all"}:              {"list"},
	{"list", "-a"}:                 {"list"},
	{"login", "--no-browser"}:      {"login", "--remote"},
	{"login", "--use-device-code"}: {"login", "--remote"},
	{"login", "--stdout"}:          {"console", "--print"},
	{"login", "-s"}:                {"console", "--print"},
	{"remove", "--force"}:          {"remove", "--yes"},
	{"remove", "-f"}:               {"remove", "--yes"},
	{"remove", "--sessions-only"}:  {"clear"},
	{"list", "--profiles"}:         {"list", "--tree"},
	{"list", "--sessions"}:         {"list"},
	{"list", "--credentials"}:      {"list"},
}

// commandFlags are the flags that other tools, without a command word, have for what
// is a command of awsexec.
var commandFlags = map[string]string{
	"-c": "console", "--console": "console", "-D": "doctor", "--diagnose": "doctor", "-l": "list --tree", "--list-roles": "list --tree",
	"-w": "whoami", "--whoami": "whoami",
}

// meantFlag returns the line that a person probably meant who typed a flag that is
// unknown, or else the command that shows the flags.
func (e unknownFlagError) meant(ctx context.Context, args []string, d deps) string {
	parser, err := newParser(&cli{}, io.Discard, io.Discard)
	if err != nil {
		return e.help
	}
	own, child, hasChild := splitArgs(args)
	own = slices.Clone(own)
	at := slices.IndexFunc(own, func(w string) bool { name, _, _ := strings.Cut(w, "="); return name == e.flag })
	whole := func(words []string) string {
		if hasChild {
			words = slices.Concat(words, []string{"--"}, child)
		}
		if len(words) > len(args)+1 || slices.Equal(words, args) { // it does not get better
			return e.help
		}
		return corrected(ctx, words, d)
	}
	if at < 0 { // one of several letters behind one -
		at = slices.IndexFunc(own, func(w string) bool { return strings.HasPrefix(w, e.flag) && findFlag(parser.Model.Node, "-"+w) != nil })
		if at < 0 {
			return e.help
		}
		own[at] = "-" + own[at]
		return whole(own)
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
	if command == parser.Model.Node {
		words := commandFlags[e.flag]
		if name := strings.TrimPrefix(e.flag, "--"); slices.ContainsFunc(command.Children, func(n *kong.Node) bool { return n.Name == name && !n.Hidden }) || slices.Contains(runners, name) {
			words = name
		}
		if words != "" && (e.flag != "-c" || !slices.Contains(own[:at], "-p")) { // which is of a shell then
			return whole(slices.Concat(strings.Fields(words), rest))
		}
	}
	if e.flag == "-j" && findFlag(command, "--json") != nil {
		return whole(append(rest, "--json"))
	}
	if e.flag == "-v" && len(args) == 1 {
		return "awsexec --version"
	}
	if e.flag == "--output" || e.flag == "-o" { // of the AWS CLI
		if !given && at < len(rest) {
			value = rest[at]
			rest = slices.Delete(rest, at, at+1)
		}
		if value == "json" && findFlag(command, "--json") != nil {
			rest = append(rest, "--json")
		}
		return whole(rest)
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
		case findFlag(command, as) != nil && !findFlag(command, as).IsBool():
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
		own[at] = found[0]
		if given {
			own[at] += "=" + value
		}
		return whole(own)
	}
	return e.help
}

// withDashes returns args with those dashes that text programs make of - and --
// as they are typed.
func withDashes(args []string) []string {
	args = slices.Clone(args)
	for i, w := range args {
		if w == "--" {
			break
		}
		if name, ok := strings.CutPrefix(w, "—"); ok {
			args[i] = "--" + name
		} else if name, ok := strings.CutPrefix(w, "–"); ok {
			args[i] = "-" + name
			if len(name) > 1 {
				args[i] = "--" + name
			}
		}
	}
	return args
}

// corrected returns the line for args, which may have more mistakes.
func corrected(ctx context.Context, args []string, d deps) string {
	own, _, _ := splitArgs(args)
	d.stdout = io.Discard
	_, _, err := parse(&cli{}, own, d)
	if _, ok := errors.AsType[unknownWordError](err); ok {
		return meant(ctx, args, d)
	}
	if flag, ok := errors.AsType[unknownFlagError](err); ok {
		return flag.meant(ctx, args, d)
	}
	return (&advisor{}).line(nil, args)
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
