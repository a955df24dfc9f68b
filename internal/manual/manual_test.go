package manual

import "testing"

func TestScreen(t *testing.T) {
	p := Page{
		Command: "add", Purpose: "Store a key.", Forms: []string{"awsexec add NAME [flags]", "awsexec add -p NAME"},
		Examples: []Entry{{"awsexec add work", "ask for it"}},
		Args:     []Entry{{"NAME", "Name of the key."}},
		Flags:    []Flag{{Name: "yes", Short: 'y', Text: "Do not ask for confirmation, which is what a person would want who has a script that calls this."}},
		Shared:   []Flag{{Name: "region", Value: "REGION", Text: "Set the region."}},
	}
	want := `Usage: awsexec add NAME [flags]
       awsexec add -p NAME

Store a key.

  awsexec add work  ask for it

  NAME       Name of the key.
  -y, --yes  Do not ask for confirmation, which is what a person would want who
             has a script that calls this.

      --region=REGION  Set the region.
`
	if got := p.Screen(); got != want {
		t.Errorf("got\n%s", got)
	}
	topic := Topic{Name: "exit-codes", Purpose: "Codes.", Entries: []Entry{{"0", "It worked."}}}
	if got := topic.Screen(); got != "Codes.\n\n0\n      It worked.\n" {
		t.Errorf("got %q", got)
	}
}

// A name that is too long for its column is on a line of its own.
func TestColumns(t *testing.T) {
	got := Columns([]Entry{{"a-name-that-is-longer-than-any-column-may-be-in-help", "text"}, {"b", "more"}})
	if want := "  a-name-that-is-longer-than-any-column-may-be-in-help\n     text\n  b  more\n"; got != want {
		t.Errorf("got %q", got)
	}
}
