package manual

import (
	"fmt"
	"strings"
)

// Source is what the head of each manual page tells.
type Source struct {
	Version string
	Date    string // YYYY-MM-DD
}

// Roff returns p as a manual page of section 1. The topics are added to the page
// of awsexec itself, with the names of the other pages.
func (p Page) Roff(from Source, topics []Topic, others []Page) string {
	r := &roff{}
	name := p.Title()
	r.head(name, "1", from, p.Purpose)
	r.section("SYNOPSIS")
	for i, form := range p.Forms {
		if i > 0 {
			r.macro(".br")
		}
		form, _, _ = strings.Cut(form, "  ") // what it does is in the description
		r.text(form)
	}
	r.section("DESCRIPTION")
	r.text(p.Purpose)
	for paragraph := range strings.SplitSeq(p.Detail, "\n\n") {
		if paragraph != "" {
			r.macro(".PP")
			r.text(paragraph)
		}
	}
	r.entries("COMMANDS", append(commandsOf(others), p.Commands...))
	r.entries("ARGUMENTS", p.Args)
	r.entries("OPTIONS", append(long(p.Flags), long(p.Shared)...))
	for _, t := range topics {
		if t.Name != "flags" { // they are the options
			r.section(strings.ToUpper(strings.ReplaceAll(t.Name, "-", " ")))
			r.text(t.Purpose)
			r.list(t.Entries)
		}
	}
	if len(p.Examples) > 0 {
		r.section("EXAMPLES")
		for _, e := range p.Examples {
			r.macro(".TP")
			r.bold(e.Name)
			r.text(e.Text)
		}
	}
	r.section("SEE ALSO")
	r.seeAlso(p, others)
	return r.String()
}

// Title returns the name of the manual page.
func (p Page) Title() string {
	return strings.TrimSuffix("awsexec-"+strings.ReplaceAll(p.Command, " ", "-"), "-")
}

// ConfigRoff returns the page of section 5, about files and variables.
func ConfigRoff(from Source, config, environment Topic) string {
	r := &roff{}
	r.head("awsexec-config", "5", from, "profiles and variables that awsexec reads")
	r.section("DESCRIPTION")
	r.text(config.Purpose)
	r.list(config.Entries)
	r.section("ENVIRONMENT")
	r.text(environment.Purpose)
	r.list(environment.Entries)
	r.section("SEE ALSO")
	r.macro(".BR awsexec (1)")
	return r.String()
}

func commandsOf(pages []Page) []Entry {
	var entries []Entry
	for _, p := range pages {
		entries = append(entries, Entry{p.Command, p.Purpose})
	}
	return entries
}

// long returns flags with all that there is to tell about them.
func long(flags []Flag) []Entry {
	var entries []Entry
	for _, f := range flags {
		entries = append(entries, Entry{strings.TrimLeft(f.Form(), " "), strings.TrimSpace(f.Text + " " + f.Detail)})
	}
	return entries
}

// roff is the text of a manual page.
type roff struct{ strings.Builder }

func (r *roff) head(name, section string, from Source, purpose string) {
	fmt.Fprintf(r, ".TH %s %s %s %s\n", quoted(strings.ToUpper(name)), section, quoted(from.Date), quoted("awsexec "+from.Version))
	r.macro(".nh\n.ad l") // names of variables and flags stay whole
	r.section("NAME")
	purpose, _, _ = strings.Cut(purpose, ",")
	r.macro(escaped(name) + ` \- ` + escaped(lowerFirst(strings.TrimSuffix(purpose, "."))))
}

func (r *roff) section(name string) { r.macro(".SH " + name) }

func (r *roff) macro(line string) { r.WriteString(line + "\n") }

// text adds running text, in lines of at most 80 bytes.
func (r *roff) text(s string) {
	line := ""
	for word := range strings.FieldsSeq(escaped(s)) {
		if line != "" && len(line)+1+len(word) > 80 {
			r.macro(line)
			line = ""
		}
		if line == "" && strings.HasPrefix(word, ".") {
			word = `\&` + word
		}
		line = strings.TrimLeft(line+" "+word, " ")
	}
	r.macro(line)
}

func (r *roff) bold(s string) { r.WriteString(`\fB` + escaped(s) + `\fR` + "\n") }

// entries adds a section with a list, unless that is empty.
func (r *roff) entries(name string, entries []Entry) {
	if len(entries) > 0 {
		r.section(name)
		r.list(entries)
	}
}

func (r *roff) list(entries []Entry) {
	for _, e := range entries {
		r.macro(".TP")
		r.bold(e.Name)
		r.text(e.Text)
	}
}

func (r *roff) seeAlso(p Page, others []Page) {
	if p.Command != "" {
		r.macro(".BR awsexec (1),")
	}
	for _, other := range others {
		r.macro(".BR " + strings.ReplaceAll(other.Title(), "-", `\-`) + " (1),")
	}
	r.macro(`.BR awsexec\-config (5)`)
}

// escaped returns s so that roff shows it as it is.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "…", "...").Replace(s)
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\(dq`) + `"` }

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
