package ci

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// public are the packages that other programs may import.
var public = []string{"exec", "keystore", "processfmt"}

// screen is how many lines the overview of a public package may have.
const screen = 40

// Every exported name of a public package has a comment, each package has
// examples, and its overview fits a screen.
func TestPublicNamesAreDocumented(t *testing.T) {
	for _, name := range public {
		files := token.NewFileSet()
		var parsed []*ast.File
		paths, err := filepath.Glob("../../" + name + "/*.go")
		if err != nil || len(paths) == 0 {
			t.Fatal(name, err)
		}
		for _, path := range paths {
			f, err := parser.ParseFile(files, path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		p, err := doc.NewFromFiles(files, parsed, module+name)
		if err != nil {
			t.Fatal(err)
		}
		if examples := len(doc.Examples(parsed...)); examples == 0 {
			t.Errorf("%s has no examples", name)
		}
		for _, undocumented := range undocumented(p) {
			t.Errorf("%s.%s has no comment", name, undocumented)
		}
		overview, err := exec.Command("go", "doc", "../../"+name).Output()
		if lines := strings.Count(string(overview), "\n"); err != nil || lines < 10 || lines > screen {
			t.Errorf("go doc ./%s has %d lines, %v; a screen has %d", name, lines, err, screen)
		}
	}
}

// undocumented returns the exported names of p without a comment.
func undocumented(p *doc.Package) []string {
	var names []string
	check := func(name, text string) {
		if strings.TrimSpace(text) == "" {
			names = append(names, name)
		}
	}
	functions := func(of string, all []*doc.Func) {
		for _, f := range all {
			if f.Name != "Error" && f.Name != "Unwrap" { // the methods of every error
				check(of+f.Name, f.Doc)
			}
		}
	}
	values := func(all []*doc.Value) {
		for _, v := range all {
			for _, spec := range v.Decl.Specs {
				s := spec.(*ast.ValueSpec)
				for _, n := range s.Names {
					if n.IsExported() {
						check(n.Name, s.Doc.Text()+s.Comment.Text()+v.Doc)
					}
				}
			}
		}
	}
	check("package", p.Doc)
	functions("", p.Funcs)
	values(append(p.Consts, p.Vars...))
	for _, typ := range p.Types {
		check(typ.Name, typ.Doc)
		functions("", typ.Funcs)
		functions(typ.Name+".", typ.Methods)
		values(append(typ.Consts, typ.Vars...))
		for _, spec := range typ.Decl.Specs {
			if s, ok := spec.(*ast.TypeSpec).Type.(*ast.StructType); ok && !strings.HasSuffix(typ.Name, "Error") {
				checkFields(typ.Name, s, check)
			}
		}
	}
	return names
}

// checkFields checks the exported fields of a struct.
func checkFields(of string, s *ast.StructType, check func(name, text string)) {
	for _, f := range s.Fields.List {
		for _, n := range f.Names {
			if n.IsExported() {
				check(of+"."+n.Name, f.Doc.Text()+f.Comment.Text())
			}
		}
	}
}
