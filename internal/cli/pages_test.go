package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/fenced"
)

// ends are where a command line of a page ends for awsexec: at a comment, or at what
// the shell does with it.
var ends = regexp.MustCompile(`\s+#.*$|\s*(\\?\||&&|;|<|>).*$|\)"?$`)

// pageLine is a command line as it is written in a page: [OPTIONAL], … for more, and
// X|Y for a choice.
var pageLine = strings.NewReplacer("[", "", "]", "", "NAME…", "NAME", "…", "", `"$name"`, "name")

// Every command line of awsexec in the pages, in blocks and in the text, is one that
// the grammar has.
func TestPagesParse(t *testing.T) {
	pages, err := fenced.Pages("../..")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, page := range pages {
		if page == "docs/reference.md" { // made from the grammar
			continue
		}
		commands, err := fenced.Commands("../..", page)
		if err != nil {
			t.Fatal(err)
		}
		for number, lines := range commands {
			for _, line := range lines {
				seen++
				own, _, _ := splitArgs(strings.Fields(pageLine.Replace(ends.ReplaceAllString(line, "")))[1:])
				own, _ = cutSSH(own)
				parser, err := newParser(&cli{}, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := parser.Parse(own); err != nil {
					t.Errorf("%s:%d: %s: %v", page, number, line, err)
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d command lines", seen)
	}
}
