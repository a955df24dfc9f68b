package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Each error that there is a hint for has an entry in docs/faq.md, which names it in
// a comment, and the entry's heading is what the error says, word for word. A "…" in
// it stands for what differs.
func TestFAQ(t *testing.T) {
	page, err := os.ReadFile("../../docs/faq.md")
	if err != nil {
		t.Fatal(err)
	}
	answered := map[string]bool{}
	for _, comment := range regexp.MustCompile(`(?m)^<!-- (.*) -->$`).FindAllStringSubmatch(string(page), -1) {
		for name := range strings.FieldsSeq(comment[1]) {
			answered[name] = true
		}
	}
	hinted := hintedErrors(t)
	if len(hinted) < 50 {
		t.Fatalf("%d errors in the hints", len(hinted))
	}
	for name, file := range hinted {
		if !answered[name] {
			t.Errorf("%s has a hint in %s and no entry in docs/faq.md", name, file)
		}
	}
	for name := range answered {
		if hinted[name] == "" {
			t.Errorf("docs/faq.md names %s, which no hint is about", name)
		}
	}

	said := literalsOfProgram(t)
	headings := regexp.MustCompile("(?m)^### `(.*)`$").FindAllStringSubmatch(string(page), -1)
	if len(headings) < 30 {
		t.Fatalf("%d headings", len(headings))
	}
	for _, heading := range headings {
		for part := range strings.SplitSeq(heading[1], "…") {
			if part = strings.Trim(part, " \":"); part != "" && !strings.Contains(said, part) {
				t.Errorf("no message says %q", part)
			}
		}
	}
}

// hintedErrors returns the errors, types and codes that hints*.go look for, with the
// file that does.
func hintedErrors(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	files, err := filepath.Glob("hints*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				of, ok := n.X.(*ast.Ident)
				if ok && isError(n.Sel.Name) && of.Name != "a" {
					found[of.Name+"."+n.Sel.Name] = file
				}
				return false
			case *ast.Ident:
				if isError(n.Name) {
					found[n.Name] = file
				}
			}
			return true
		})
	}
	return found
}

// isError reports whether name is that of an error or of a type of errors.
func isError(name string) bool {
	return strings.HasSuffix(name, "Error") && name != "Error" || regexp.MustCompile(`^[eE]rr[A-Z]`).MatchString(name)
}

// literalsOfProgram returns the string literals of the program's own code.
func literalsOfProgram(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "build" || d.Name() == "e2e"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if s, err := strconv.Unquote(literal.Value); err == nil {
					all.WriteString(s + "\n")
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
