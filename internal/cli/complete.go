package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/awsexec/awsexec/internal/manual"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
	"github.com/awsexec/awsexec/processfmt"
)

// completeCmd prints what may stand in the place of the last word of a command
// line, for the scripts of completion: a line for each, with a description after a
// tab. The line ":files" stands for names of files. It says nothing of failures,
// which would be in the way of who types.
type completeCmd struct {
	words []string // of the command line, the one to complete last
}

// completeLimit bounds the time in which nothing happens on the terminal.
const completeLimit = 2 * time.Second

// candidate is what may stand in a place.
type candidate struct{ value, about string }

// filesWanted is the candidate that stands for names of files.
var filesWanted = candidate{value: ":files"}

func (c *completeCmd) Run(ctx context.Context, sess *session.Session, out *ui) error {
	if len(c.words) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, completeLimit)
	defer cancel()
	parser, err := newParser(&cli{}, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	names := known{ctx, sess}
	page := out.page(0)
	for _, found := range complete(parser.Model.Node, names, c.words) {
		line := visible.Text(found.value)
		if line != found.value {
			continue // a shell could not type it
		}
		if found.about != "" {
			line += "\t" + visible.Text(found.about)
		}
		page.text.WriteString(line + "\n")
	}
	return out.print(page)
}

// complete returns what may stand in the place of the last of words.
func complete(grammar *kong.Node, names known, words []string) []candidate {
	command := grammar
	var typed []string // of the arguments
	last := words[len(words)-1]
	var waiting *kong.Flag // for its value
	for _, word := range words[:len(words)-1] {
		switch {
		case waiting != nil:
			waiting = nil
		case strings.HasPrefix(word, "-"):
			if flag := findFlag(command, word); flag != nil && !flag.IsBool() && !strings.Contains(word, "=") && (len(word) == 2 || word[1] == '-') {
				waiting = flag
			}
		case len(command.Children) > 0:
			i := slices.IndexFunc(command.Children, func(n *kong.Node) bool { return n.Name == word })
			if i < 0 {
				return nil
			}
			command = command.Children[i]
		default:
			typed = append(typed, word)
		}
	}
	var found []candidate
	switch name, value, given := strings.Cut(last, "="); {
	case waiting != nil:
		return begin(names.of(waiting.Tag.Get("complete"), grammar), last)
	case given && strings.HasPrefix(last, "--"):
		if flag := findFlag(command, name); flag != nil {
			found = begin(names.of(flag.Tag.Get("complete"), grammar), value)
			for i := range found {
				if found[i] != filesWanted {
					found[i].value = name + "=" + found[i].value
				}
			}
		}
		return found
	case len(last) > 2 && last[0] == '-' && last[1] != '-': // -pNAME
		if flag := findFlag(command, last[:2]); flag != nil && !flag.IsBool() {
			found = begin(names.of(flag.Tag.Get("complete"), grammar), last[2:])
			for i := range found {
				found[i].value = last[:2] + found[i].value
			}
		}
		return found
	case strings.HasPrefix(last, "-"):
		return begin(flagsOf(command), last)
	case len(command.Children) > 0:
		return begin(candidatesOf(commandsOf(command)), last)
	}
	if n := len(command.Positional); n > 0 {
		arg := command.Positional[min(len(typed), n-1)]
		switch kind := arg.Tag.Get("complete"); {
		case kind == "topic" && len(typed) > 0:
			if about, rest := find(grammar, typed); len(rest) == 0 {
				found = begin(candidatesOf(commandsOf(about)), last)
			}
		case len(typed) < n || arg.IsCumulative():
			found = begin(names.of(kind, grammar), last)
		}
	}
	return found
}

func candidatesOf(entries []manual.Entry) []candidate {
	found := make([]candidate, len(entries))
	for i, e := range entries {
		found[i] = candidate{e.Name, e.Text}
	}
	return found
}

// begin returns those of all that begin with prefix.
func begin(all []candidate, prefix string) []candidate {
	return slices.DeleteFunc(all, func(c candidate) bool { return c != filesWanted && !strings.HasPrefix(c.value, prefix) })
}

// findFlag returns the flag that word sets; nil if there is none.
func findFlag(command *kong.Node, word string) *kong.Flag {
	name, _, _ := strings.Cut(word, "=")
	for node := command; node != nil; node = node.Parent {
		for _, f := range node.Flags {
			if name == "--"+f.Name || f.Short != 0 && strings.HasPrefix(name, "-"+string(f.Short)) {
				return f
			}
		}
	}
	return nil
}

// flagsOf returns the flags of a command, and those of all commands that it heeds.
func flagsOf(command *kong.Node) []candidate {
	var found []candidate
	if command.Parent != nil {
		for _, f := range command.Flags {
			found = append(found, candidate{"--" + f.Name, f.Help})
		}
	}
	heeds := strings.Split(command.Tag.Get("heeds"), ",")
	for _, f := range grammarOf(command).Flags {
		if command.Parent == nil || slices.Contains(heeds, f.Name) || f.Name == "help" {
			found = append(found, candidate{"--" + f.Name, f.Help})
		}
	}
	return found
}

// known knows what may stand in places that the tag complete names.
type known struct {
	ctx     context.Context
	session *session.Session
}

// of returns all that may stand in the place of a kind.
func (k known) of(kind string, grammar *kong.Node) []candidate {
	switch kind {
	case "profile":
		return k.profiles(true)
	case "key":
		return k.profiles(false)
	case "file":
		return []candidate{filesWanted}
	case "keystore":
		return words(append([]string{"auto", "keyring", "file"}, k.helpers()...)...)
	case "format":
		return words(processfmt.FormatList()...)
	case "shell":
		return words(slices.Sorted(maps.Keys(shells))...)
	case "duration":
		return words("15m", "1h", "4h", "8h", "12h", "36h")
	case "region":
		return k.regions()
	case "sso-session":
		return k.ssoSessions()
	case "service":
		return words(consoleServices...)
	case "topic":
		found := candidatesOf(commandsOf(grammar))
		for _, t := range topicsOf(grammar) {
			found = append(found, candidate{t.Name, t.Purpose})
		}
		return found
	}
	return nil
}

func words(values ...string) []candidate {
	found := make([]candidate, len(values))
	for i, v := range values {
		found[i].value = v
	}
	return found
}

// profiles returns the stored keys, and with all the profiles in the AWS files,
// too, each with what tells it from the others.
func (k known) profiles(all bool) []candidate {
	about := map[string]string{}
	if all {
		for _, p := range k.resolved() {
			about[p.Name] = aboutProfile(p)
		}
	}
	for _, e := range k.keys() {
		about[e.Name] = strings.TrimSpace(fmt.Sprintf("key %s %s", visible.KeyID(e.AccessKeyID), about[e.Name]))
	}
	var found []candidate
	for _, name := range slices.Sorted(maps.Keys(about)) {
		found = append(found, candidate{name, about[name]})
	}
	return found
}

// regions returns the regions that the AWS files name.
func (k known) regions() []candidate {
	var regions []string
	for _, p := range k.resolved() {
		if p.Region != "" {
			regions = append(regions, p.Region)
		}
	}
	slices.Sort(regions)
	return words(slices.Compact(regions)...)
}

// ssoSessions returns the sso-session sections of the AWS config file.
func (k known) ssoSessions() []candidate {
	config, err := k.session.Config()
	if err != nil {
		return nil
	}
	var found []candidate
	for _, s := range config.SignIns() {
		if s.Session != "" {
			found = append(found, candidate{s.Session, s.StartURL})
		}
	}
	return found
}

// helpers returns the kinds of keystore whose credential helpers are installed.
func (k known) helpers() []string {
	o, err := k.session.KeystoreOptions()
	if err != nil {
		return nil
	}
	var kinds []string
	for _, kind := range o.Helpers() {
		kinds = append(kinds, string(kind))
	}
	return kinds
}

// keys returns the stored keys, as far as the index is to be had.
func (k known) keys() []keystore.Entry {
	keys, err := k.session.Keys()
	if err != nil {
		return nil
	}
	entries, _ := keys.List(k.ctx)
	return entries
}

// resolved returns the profiles in the AWS files. One that cannot be resolved has
// nothing but its name.
func (k known) resolved() []*profile.Profile {
	config, err := k.session.Config()
	if err != nil {
		return nil
	}
	var stored []string
	for _, e := range k.keys() {
		stored = append(stored, e.Name)
	}
	var found []*profile.Profile
	for _, name := range config.Names() {
		p, err := config.With(stored...).Profile(name)
		if err != nil {
			p = &profile.Profile{Name: name}
		}
		found = append(found, p)
	}
	return found
}
