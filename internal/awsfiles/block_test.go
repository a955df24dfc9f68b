package awsfiles

import (
	"errors"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
)

// ofBlock returns profiles to write, from "name=value" in the key region.
func ofBlock(profiles ...string) []BlockProfile {
	var add []BlockProfile
	for _, p := range profiles {
		name, value, _ := strings.Cut(p, "=")
		add = append(add, BlockProfile{name, []Setting{{"region", value}, {"sso_role_name", "r"}}})
	}
	return add
}

// editBlock edits the block with the label b.
func editBlock(t *testing.T, data string, remove string, add ...string) (string, error) {
	t.Helper()
	block, err := ReadBlock([]byte(data), "/p", "b")
	if err != nil {
		return "", err
	}
	gone := map[string]bool{}
	for name := range strings.FieldsSeq(remove) {
		gone[name] = true
	}
	out, err := block.Edit(gone, ofBlock(add...))
	return string(out), err
}

// Whatever a file looks like, all that is outside the block stays byte for byte, and
// what was added can be taken out again.
func TestBlock(t *testing.T) {
	const block = "# begin: b|[profile x]|region = 1|sso_role_name = r|# end: b|"
	for _, tt := range []struct{ name, data, gap string }{
		{"empty file", "", ""},
		{"only a byte order mark", awsini.BOM, ""},
		{"a file", "[default]\nregion = x\n", "|"},
		{"with a blank line at the end", "[default]\n\n", ""},
		{"without a final newline", "[default]\nregion = x", "||"},
		{"a comment without a newline", "# note", "||"},
		{"CRLF", "[default]\r\nregion = x\r\n", "|"},
		{"CRLF, without a final newline, with a byte order mark", awsini.BOM + "[default]\r\nregion = x", "||"},
		{"CR", "[default]\rregion = x\r", "|"},
		{"mixed line endings", "[default]\r\nregion = x\n[profile a]\ns3 =\n  a = b\n", "|"},
		{"nested settings and a continued value at the end", "[profile a]\ns3 =\n  a = b\n  c = d\nx = 1\n  2\n", "|"},
		{"indented", "  [profile a]\n    region = x\n    ; note\n", "|"},
		{"what every profile inherits", "[DEFAULT]\noutput = json\n[profile a]\n", "|"},
		{"another block", "# begin: other\n[profile a]\n# end: other\n", "|"},
		{"odd headers", "[profile  two]\n[profile 'q']\n[profile \"a b\"]\n[sso-session s]\nsso_region = x\n", "|"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eol := firstEnding(awsini.SplitLines(tt.data))
			want := tt.data + strings.ReplaceAll(tt.gap+block, "|", eol)
			out, err := editBlock(t, tt.data, "", "x=1")
			if err != nil || out != want {
				t.Fatalf("%v\n got %q\nwant %q", err, out, want)
			}
			if same, err := editBlock(t, out, ""); err != nil || same != out {
				t.Errorf("without a change: %q, %v", same, err)
			}
			more, err := editBlock(t, out, "", "y=2", "z=3")
			if err != nil || !strings.HasPrefix(more, tt.data) || strings.Count(more, "# begin: b") != 1 {
				t.Errorf("more: %q, %v", more, err)
			}
			if less, err := editBlock(t, more, "y z"); err != nil || less != out {
				t.Errorf("less: %q, %v", less, err)
			}
			without, err := editBlock(t, more, "x y z")
			if err != nil || without != tt.data+strings.ReplaceAll(tt.gap, "|", eol) {
				t.Errorf("nothing left: %q, %v", without, err)
			}
			// What is below the block stays as well.
			const below = "; mine\n[profile below]\nregion = x"
			out, err = editBlock(t, want+below, "x", "y=2")
			if err != nil || !strings.HasPrefix(out, tt.data) || !strings.HasSuffix(out, "# end: b"+eol+below) {
				t.Errorf("in the middle: %q, %v", out, err)
			}
		})
	}
}

// Lines that the user has put into the block stay, too.
func TestBlockKeepsWhatIsInIt(t *testing.T) {
	const data = "# begin: b\n# all of them\n[profile x]\nregion = 1\noutput = json\n# about y\n[profile y]\nregion = 2\n\n[profile mine]\nregion = 9\n# end: b\n"
	out, err := editBlock(t, data, "x", "z=3")
	const want = "# begin: b\n# all of them\n# about y\n[profile y]\nregion = 2\n\n[profile mine]\nregion = 9\n\n[profile z]\nregion = 3\nsso_role_name = r\n# end: b\n"
	if err != nil || out != want {
		t.Errorf("%v\n got %q\nwant %q", err, out, want)
	}
	out, err = editBlock(t, data, "x y mine")
	if want := "# begin: b\n# all of them\n# about y\n# end: b\n"; err != nil || out != want {
		t.Errorf("%v\n got %q\nwant %q", err, out, want)
	}
	block, err := ReadBlock([]byte(data), "/p", "b")
	if err != nil || strings.Join(block.Profiles(), " ") != "x y mine" {
		t.Errorf("%v, %v", block.Profiles(), err)
	}
}

// The second profile of a name counts, and the first one is not taken out in its place.
func TestBlockShadowedInFile(t *testing.T) {
	const data = "# begin: b\n[profile x]\nregion = 1\n# end: b\n[profile 'x']\nregion = 2\n"
	block, err := ReadBlock([]byte(data), "/p", "b")
	if err != nil || len(block.Profiles()) != 0 {
		t.Errorf("%v, %v", block.Profiles(), err)
	}
}

func TestBlockRefuses(t *testing.T) {
	for _, tt := range []struct{ name, data, add, want string }{
		{"unreadable file", "x\n", "x=1", "/p:1: "},
		{"no end", "\n# begin: b\n[profile x]\n", "y=1", "/p:2: block \"b\": the block begins, and does not end"},
		{"no start", "[profile x]\n# end: b\n", "y=1", "/p:2: block \"b\": the block ends, and does not begin"},
		{"twice", "# begin: b\n# begin: b\n# end: b\n", "y=1", "/p:2: block \"b\": the block begins a second time"},
		{"ends twice", "# begin: b\n# end: b\n# end: b\n", "y=1", "/p:3: "},
		{"settings below the end", "# begin: b\n[profile x]\n# end: b\nregion = y\n", "y=1", "/p:3: block \"b\": settings below the end of the block belong to [profile x]"},
		{"settings of a section above", "[profile x]\n# begin: b\nregion = y\n# end: b\n", "y=1", "/p:2: block \"b\": settings in the block belong to [profile x] above it"},
		{"there already", "[profile x]\n", "x=1", `profile "x": /p:1: there is such a profile already`},
		{"there already, in quotes", "[profile 'x']\n", "x=1", `there is such a profile already`},
		{"value of two lines", "", "x=1\ncredential_process = sh", "control characters"},
		{"no value", "", "x=", "empty"},
		{"name of two lines", "", "x\n=1", "control characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := editBlock(t, tt.data, "", tt.add)
			if err == nil || !strings.Contains(err.Error(), tt.want) || out != "" {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
	_, err := editBlock(t, "# begin: b\n", "")
	if e, ok := errors.AsType[*BlockError](err); !ok || e.Label != "b" || e.Pos.Line != 1 {
		t.Errorf("%v", err)
	}
}

// Marks of a label that another one begins with are not its own.
func TestBlockLabels(t *testing.T) {
	out, err := editBlock(t, "# begin: b2\n# end: b2\n", "", "x=1")
	if err != nil || !strings.HasPrefix(out, "# begin: b2\n# end: b2\n\n# begin: b\n") {
		t.Errorf("%q, %v", out, err)
	}
}
