package ci

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Each row of the threat model that says "yes" names the tests that show it, and
// there are such tests.
func TestThreats(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| from | what | protected | by | where | shown by |\n|---|---|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	if len(rows) < 20 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		if len(cells) != 6 {
			t.Errorf("%d cells: %s", len(cells), row)
			continue
		}
		shown := quoted.FindAllStringSubmatch(cells[5], -1)
		if strings.HasPrefix(cells[2], "yes") && len(shown) == 0 {
			t.Errorf("no test shows this: %s", row)
		}
		shows(t, shown)
	}
}

// Each format of docs/stability.md names a test with the format of a newer awsexec.
func TestFormats(t *testing.T) {
	page, err := os.ReadFile("../../docs/stability.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\|.* \\| (`[^|]*`) \\|$").FindAllStringSubmatch(string(page), -1)
	if len(rows) < 9 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		shows(t, quoted.FindAllStringSubmatch(row[1], -1))
	}
}

var quoted = regexp.MustCompile("`([^`]+)`")

// shows checks that there are tests and scripts of these names.
func shows(t *testing.T, names [][]string) {
	t.Helper()
	for _, name := range names {
		if script, ok := strings.CutSuffix(name[1], ".txtar"); ok {
			if _, err := os.Stat("../script/testdata/" + script + ".txtar"); err != nil {
				t.Error(err)
			}
		} else if exec.Command("grep", "-rqs", "--include=*_test.go", "--exclude-dir=node_modules", "^func "+name[1]+"(t ", "../..").Run() != nil {
			t.Errorf("there is no test %s", name[1])
		}
	}
}
