package cli

import (
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
	About string `arg:"" optional:"" name:"topic" complete:"topic" help:"Command or topic."`
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
	if c.About == "" {
		return overview(grammar), nil
	}
	var known []string
	for _, command := range grammar.Children {
		if command.Name == c.About {
			return pageOf(command).Screen(), nil
		}
		known = append(known, command.Name)
	}
	for _, topic := range topicsOf(grammar) {
		if topic.Name == c.About {
			return topic.Screen(), nil
		}
		known = append(known, topic.Name)
	}
	way := "awsexec help"
	if names := near.Names(c.About, known); len(names) > 0 {
		way += " " + names[0]
	}
	return "", usageError{fmt.Sprintf("no command or topic %q", c.About), way}
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
	if node := ctx.Selected(); node != nil && !node.Hidden {
		return printHelp(ctx.Stdout, pageOf(node).Screen())
	}
	return printHelp(ctx.Stdout, overview(ctx.Model.Node))
}

// overview returns the help of awsexec itself.
func overview(grammar *kong.Node) string {
	var commands []manual.Entry
	for _, command := range grammar.Children {
		if !command.Hidden {
			commands = append(commands, manual.Entry{Name: command.Name, Text: command.Help})
		}
	}
	var topics []string
	for _, topic := range topicsOf(grammar) {
		topics = append(topics, topic.Name)
	}
	head := manual.Page{Forms: forms, Purpose: purpose}
	return head.Screen() + "\n" + manual.Columns(commands) + "\n" +
		fmt.Sprintf("More: awsexec help COMMAND, awsexec help %s\n", strings.Join(topics, "|"))
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
	for _, command := range grammar.Children {
		if !command.Hidden {
			pages = append(pages, pageOf(command))
		}
	}
	return pages, topicsOf(grammar), nil
}

// pageOf returns the page about a command.
func pageOf(command *kong.Node) manual.Page {
	p := manual.Page{Command: command.Name, Purpose: command.Help, Detail: pages[command.Name].detail, Examples: pages[command.Name].examples}
	form := "awsexec " + command.Name
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
	for _, f := range sharedFlags(command.Parent) {
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
