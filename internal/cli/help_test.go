package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/awsexec/awsexec/internal/manual"
)

// The help of each command fits a terminal of 80 columns and 24 lines, and has
// examples that begin with the command.
func TestHelpFits(t *testing.T) {
	commands, topics, err := Pages()
	if err != nil || len(commands) < 10 {
		t.Fatal(len(commands), err)
	}
	screens := map[string]string{}
	for _, p := range commands {
		screens[p.Command] = p.Screen()
		if lines := strings.Count(screens[p.Command], "\n"); lines > 23 { // and one is for the prompt
			t.Errorf("the help of %q has %d lines", p.Command, lines)
		}
		if p.Command == "" {
			continue
		}
		if len(p.Examples) == 0 || len(p.Purpose) > 70 {
			t.Errorf("%s: %d examples; purpose %q", p.Command, len(p.Examples), p.Purpose)
		}
		for _, e := range p.Examples {
			if !strings.Contains(e.Name, "awsexec "+p.Command) {
				t.Errorf("%s: example %s", p.Command, e.Name)
			}
		}
		for _, f := range p.Shared {
			if strings.Count(manual.Columns([]manual.Entry{{Name: f.Form(), Text: f.Text}}), "\n") > 1 {
				t.Errorf("--%s: more than a line: %s", f.Name, f.Text)
			}
		}
	}
	parser, err := newParser(&cli{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	screens["overview"] = overview(parser.Model.Node)
	for _, group := range groupsOf(parser.Model.Node) {
		if group.Title == "" {
			t.Errorf("in no group: %v", group.Entries)
		}
	}
	for _, topic := range topics {
		screens[topic.Name] = topic.Screen()
	}
	for name, screen := range screens {
		for line := range strings.Lines(screen) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}

// Examples in help are command lines that the parser accepts.
func TestExamplesParse(t *testing.T) {
	commands, _, err := Pages()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range commands {
		for _, e := range p.Examples {
			line := strings.TrimSuffix(strings.TrimPrefix(e.Name, `eval "$(`), `)"`)
			line, _, _ = strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "source <("), ")"), " |")
			own, _, _ := splitArgs(strings.Fields(line)[1:])
			own, _ = cutSSH(own)
			parser, err := newParser(&cli{}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(own); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}
