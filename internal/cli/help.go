package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/awsexec/awsexec/internal/manual"
	"github.com/awsexec/awsexec/internal/near"
)

// helpCmd prints help. It is run by parse: it needs the grammar, and nothing else.
type helpCmd struct {
	About []string `arg:"" optional:"" name:"topic" complete:"topic" help:"Command or topic."`
}

// Run prints the help.
func (c *helpCmd) Run(out io.Writer, grammar *kong.Node) error {
	screen, err := c.screen(grammar)
	if err != nil {
		return err
	}
	return printHelp(out, screen)
}

func (c *helpCmd) screen(grammar *kong.Node) (string, error) {
	node, rest := find(grammar, c.About)
	switch {
	case len(rest) == 0 && node == grammar:
		return overview(grammar), nil
	case len(rest) == 0:
		return pageOf(node).Screen(), nil
	}
	var known []string
	for _, command := range node.Children {
		known = append(known, command.Name)
	}
	if node == grammar {
		for _, topic := range topicsOf(grammar) {
			if topic.Name == rest[0] && len(rest) == 1 {
				return topic.Screen(), nil
			}
			known = append(known, topic.Name)
		}
	}
	way := strings.TrimRight("awsexec help "+wordsOf(node), " ")
	if other, _ := find(grammar, strings.Fields(cmp.Or(synonyms[rest[0]], rest[0]))); other != grammar {
		way = "awsexec help " + wordsOf(other)
	} else if names := near.Names(rest[0], known); len(names) > 0 {
		way += " " + names[0]
	}
	return "", usageError{fmt.Sprintf("no command or topic %q", strings.Join(c.About, " ")), way}
}

// find returns the command that words name, and those of them that are no command.
func find(grammar *kong.Node, words []string) (command *kong.Node, rest []string) {
	command = grammar
	for len(words) > 0 {
		i := slices.IndexFunc(command.Children, func(n *kong.Node) bool { return n.Name == words[0] && !n.Hidden })
		if i < 0 {
			break
		}
		command, words = command.Children[i], words[1:]
	}
	return command, words
}

// wordsOf returns the words that select a command; "" for awsexec itself.
func wordsOf(command *kong.Node) string {
	var words []string
	for ; command.Parent != nil; command = command.Parent {
		words = append(words, command.Name)
	}
	slices.Reverse(words)
	return strings.Join(words, " ")
}

// grammarOf returns the grammar that a command is of.
func grammarOf(command *kong.Node) *kong.Node {
	for command.Parent != nil {
		command = command.Parent
	}
	return command
}

// commandsOf returns the entries of the commands below one.
func commandsOf(command *kong.Node) []manual.Entry {
	var commands []manual.Entry
	for _, c := range command.Children {
		if !c.Hidden {
			commands = append(commands, manual.Entry{Name: c.Name, Text: c.Help})
		}
	}
	return commands
}

// printHelp writes a screen of help.
func printHelp(w io.Writer, screen string) error {
	if _, err := io.WriteString(w, screen); err != nil {
		return unprintedError{err}
	}
	return nil
}

// printScreen is kong's way to print help, for --help.
func printScreen(_ kong.HelpOptions, ctx *kong.Context) error {
	if node := ctx.Selected(); node != nil && !node.Hidden { // also one that needs another word
		return printHelp(ctx.Stdout, pageOf(node).Screen())
	}
	return printHelp(ctx.Stdout, overview(ctx.Model.Node))
}

// overview returns the help of awsexec itself.
func overview(grammar *kong.Node) string {
	var topics []string
	for _, topic := range topicsOf(grammar) {
		topics = append(topics, topic.Name)
	}
	head := manual.Page{Forms: forms, Purpose: purpose}
	return head.Screen() + "\n" + manual.Groups(groupsOf(grammar)) + "\n" +
		fmt.Sprintf("More: awsexec help COMMAND, awsexec help %s\n", strings.Join(topics, "|"))
}

// groupsOf returns the commands by the group that their tag names.
func groupsOf(grammar *kong.Node) []manual.Group {
	var groups []manual.Group
	for _, c := range grammar.Children {
		if c.Hidden || c.Name == "help" { // the last line of the overview shows help
			continue
		}
		i := slices.IndexFunc(groups, func(g manual.Group) bool { return g.Title == c.Tag.Group })
		if i < 0 {
			i = len(groups)
			groups = append(groups, manual.Group{Title: c.Tag.Group})
		}
		groups[i].Entries = append(groups[i].Entries, manual.Entry{Name: c.Name, Text: c.Help})
	}
	return groups
}

var forms = []string{
	"awsexec [-p NAME]                print credentials for credential_process",
	"awsexec [-p NAME] -- CMD [ARG…]  run CMD with short-lived credentials",
}

// topicsOf returns the topics that are not commands.
func topicsOf(grammar *kong.Node) []manual.Topic {
	flags := manual.Topic{Name: "flags", Purpose: "Flags that most commands take, before or after the command word. The help of a command names those that it heeds."}
	for _, f := range sharedFlags(grammar) {
		flags.Entries = append(flags.Entries, manual.Entry{Name: strings.TrimLeft(f.Form(), " "), Text: strings.TrimSpace(f.Text + " " + f.Detail)})
	}
	return []manual.Topic{flags, manual.Environment, manual.Config, manual.ExitCodes}
}

// Pages returns the manual: the page of awsexec itself, those of its commands,
// and the topics.
func Pages() (pages []manual.Page, topics []manual.Topic, err error) {
	parser, err := newParser(&cli{}, io.Discard, io.Discard)
	if err != nil {
		return nil, nil, err
	}
	grammar := parser.Model.Node
	pages = append(pages, manual.Page{Forms: forms, Purpose: purpose, Detail: detail, Shared: sharedFlags(grammar)})
	return append(pages, pagesBelow(grammar)...), topicsOf(grammar), nil
}

// pagesBelow returns the pages of the commands below one, and of those below them.
func pagesBelow(command *kong.Node) []manual.Page {
	var pages []manual.Page
	for _, c := range command.Children {
		if !c.Hidden {
			pages = append(append(pages, pageOf(c)), pagesBelow(c)...)
		}
	}
	return pages
}

// pageOf returns the page about a command.
func pageOf(command *kong.Node) manual.Page {
	name := wordsOf(command)
	p := manual.Page{Command: name, Purpose: command.Help, Detail: pages[name].detail, Examples: pages[name].examples, Commands: commandsOf(command)}
	form := "awsexec " + name
	if len(p.Commands) > 0 {
		form += " COMMAND"
	}
	for _, arg := range command.Positional {
		name := strings.ToUpper(arg.Name)
		p.Args = append(p.Args, manual.Entry{Name: name, Text: arg.Help})
		if arg.IsCumulative() {
			name += "…"
		}
		if !arg.Required {
			name = "[" + name + "]"
		}
		form += " " + name
	}
	for _, f := range command.Flags {
		if !f.Hidden {
			p.Flags = append(p.Flags, flagOf(f))
		}
	}
	heeds := strings.Split(command.Tag.Get("heeds"), ",")
	for _, f := range sharedFlags(grammarOf(command)) {
		if slices.Contains(heeds, f.Name) {
			p.Shared = append(p.Shared, f)
		}
	}
	if len(p.Flags)+len(p.Shared) > 0 {
		form += " [flags]"
	}
	if _, ok := command.Target.Addr().Interface().(*serveCmd); ok {
		form += " [-- CMD [ARG…]]"
	}
	p.Forms = []string{form}
	return p
}

// sharedFlags returns the flags that all commands take.
func sharedFlags(grammar *kong.Node) []manual.Flag {
	var shared []manual.Flag
	for _, f := range grammar.Flags {
		if f.Name != "help" && f.Name != "version" {
			shared = append(shared, flagOf(f))
		}
	}
	return shared
}

func flagOf(f *kong.Flag) manual.Flag {
	flag := manual.Flag{Name: f.Name, Short: f.Short, Text: f.Help, Detail: f.Tag.Get("detail")}
	if !f.IsBool() {
		flag.Value = f.PlaceHolder
	}
	return flag
}
