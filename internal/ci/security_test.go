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
	list := exec.Command("git", "-C", "../..", "grep", "-ho", "-E", `^func Test\w+`, "--", "*_test.go")
	functions, err := list.Output()
	if err != nil {
		t.Skip("not a checkout:", err)
	}
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		if len(cells) != 6 {
			t.Errorf("%d cells: %s", len(cells), row)
			continue
		}
		shown := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[5], -1)
		if strings.HasPrefix(cells[2], "yes") && len(shown) == 0 {
			t.Errorf("no test shows this: %s", row)
		}
		for _, test := range shown {
			if script, ok := strings.CutSuffix(test[1], ".txtar"); ok {
				if _, err := os.Stat("../script/testdata/" + script + ".txtar"); err != nil {
					t.Error(err)
				}
			} else if !strings.Contains("\n"+string(functions), "\nfunc "+test[1]+"\n") {
				t.Errorf("there is no test %s", test[1])
			}
		}
	}
}
