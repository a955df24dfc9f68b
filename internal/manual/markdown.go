package manual

import (
	"fmt"
	"slices"
	"strings"
)

// Markdown returns the whole manual as one page of Markdown.
func Markdown(commands []Page, topics []Topic) string {
	b := &strings.Builder{}
	b.WriteString("# Reference\n\nWhat `awsexec help` shows, on one page. `make reference` writes it.\n\n## Commands\n")
	for _, p := range commands {
		if p.Command == "" {
			continue
		}
		fmt.Fprintf(b, "\n### %s\n\n%s\n\n", p.Command, marked(p.Purpose+" "+p.Detail))
		for _, form := range p.Forms {
			fmt.Fprintf(b, "- `%s`\n", form)
		}
		if entries := slices.Concat(p.Args, forms(p.Flags)); len(entries) > 0 {
			b.WriteString("\n")
			table(b, "argument or flag", entries)
		}
	}
	for _, t := range topics {
		fmt.Fprintf(b, "\n## %s\n\n%s\n\n", strings.ToUpper(t.Name[:1])+strings.ReplaceAll(t.Name[1:], "-", " "), marked(t.Purpose))
		table(b, "name", t.Entries)
	}
	return b.String()
}

// table writes entries as a table, with the first column under head.
func table(b *strings.Builder, head string, entries []Entry) {
	fmt.Fprintf(b, "| %s | meaning |\n|---|---|\n", head)
	for _, e := range entries {
		names := strings.Split(strings.TrimSpace(e.Name), ", ")
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.Join(names, "`, `"), strings.ReplaceAll(marked(e.Text), "|", `\|`))
	}
}

// marked returns text in which Markdown sees no marks.
func marked(text string) string {
	return strings.NewReplacer("<", `\<`, "*", `\*`, "…_", `…\_`).Replace(strings.TrimSpace(text))
}
