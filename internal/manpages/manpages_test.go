package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/cli"
	"github.com/awsexec/awsexec/internal/manual"
)

// elsewhere are variables that awsexec reads or removes only because another
// program has them, with what they are for.
var elsewhere = map[string]string{
	"AWS_ACCESS_KEY":            "old name that CMD must not see",
	"AWS_SECRET_KEY":            "old name that CMD must not see",
	"AWS_SECURITY_TOKEN":        "old name that CMD must not see",
	"AWS_CREDENTIAL_FILE":       "of boto 2; CMD must not see it",
	"AWS_VAULT_FILE_PASSPHRASE": "of aws-vault; a secret that is never shown",
	"AWS_ENDPOINT_URL_":         "begins the names of endpoints",
	"AWS_ENDPOINT_URL_S3":       "of the AWS SDKs; shows that keys may be of another service than AWS",
	"AWS_SDK_LOAD_CONFIG":       "only doctor looks at it",
	"AWSEXEC_TEST_":             "tests",
	"AWSEXEC_DIALOG_TEXT":       "from awsexec to a dialog that it starts",
	"AWSEXEC_DIALOG_TITLE":      "from awsexec to a dialog that it starts",
	"AWSEXEC_WARM":              "from awsexec to itself",
	"AWSEXEC_NEW":               "begins the name of a mark",
	"AWSEXEC_X":                 "an example in a comment",
}

// strings of the program's own code that look like what pattern says, with the file.
func literals(t *testing.T, pattern string, dirs ...string) map[string]string {
	t.Helper()
	like := regexp.MustCompile("^(" + pattern + ")$")
	found := map[string]string{}
	for _, dir := range dirs {
		files, err := filepath.Glob("../../" + dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			if file = filepath.ToSlash(file); strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "/profile/variables.go") || strings.HasSuffix(file, "/profile/foreign.go") { // tables of what SDKs and other tools have
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil && like.MatchString(s) {
						found[s] = file
					}
				}
				return true
			})
		}
	}
	return found
}

// named reports whether an entry of topic has name.
func named(topic manual.Topic, name string) bool {
	for _, e := range topic.Entries {
		for n := range strings.SplitSeq(e.Name, ", ") {
			if n == name {
				return true
			}
		}
	}
	return false
}

// Every variable that the program knows is in the manual.
func TestVariables(t *testing.T) {
	dirs := []string{"cmd/awsexec", "exec"}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch e.Name() {
		case "bench", "chaos", "ci", "demo", "e2e", "explain", "manpages", "manual", "mutate", "script", "awsinitest", "awstest", "bustest", "keyringtest", "ststest", "winetest", "winprobe", "agetest":
		default:
			if files, _ := filepath.Glob("../" + e.Name() + "/*.go"); len(files) > 0 {
				dirs = append(dirs, "internal/"+e.Name())
			}
		}
	}
	variables := literals(t, "(AWS|AWSEXEC)_[A-Z0-9_]+", dirs...)
	if len(variables) < 30 {
		t.Fatalf("found only %d", len(variables))
	}
	for name, file := range variables {
		if elsewhere[name] == "" && !named(manual.Environment, name) {
			t.Errorf("%s, in %s, is not in the manual", name, file)
		}
	}
}

// Every key of a profile that the program reads is in the manual.
func TestProfileKeys(t *testing.T) {
	keys := literals(t, "[a-z0-9]+(_[a-z0-9]+)+|region|services", "internal/profile")
	if len(keys) < 20 {
		t.Fatalf("found only %d", len(keys))
	}
	for key, file := range keys {
		if key != "sso_oidc" && key != "ecr_public" && !named(manual.Config, key) { // names of services
			t.Errorf("%s, in %s, is not in the manual", key, file)
		}
	}
}

// Every command and flag has its place, and roff finds nothing wrong.
func TestPages(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, manual.Source{Version: "1.2.3", Date: "2026-01-31"}); err != nil {
		t.Fatal(err)
	}
	commands, _, err := cli.Pages()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range commands {
		text, err := os.ReadFile(filepath.Join(dir, p.Title()+".1"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range append(p.Flags, p.Shared...) {
			if !strings.Contains(string(text), "--"+f.Name) && !strings.Contains(string(text), `\-\-`+strings.ReplaceAll(f.Name, "-", `\-`)) {
				t.Errorf("%s: no --%s", p.Title(), f.Name)
			}
		}
	}
	pages, err := filepath.Glob(dir + "/*")
	if err != nil || len(pages) != len(commands)+1 {
		t.Fatal(pages, err)
	}
	for _, check := range [][]string{{"mandoc", "-T", "lint", "-W", "style"}, {"groff", "-ww", "-man", "-Tutf8", "-z"}} {
		if _, err := exec.LookPath(check[0]); err != nil {
			if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
				t.Error(err)
			}
			continue
		}
		for _, page := range pages {
			out, err := exec.Command(check[0], append(check[1:], page)...).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%s: %v\n%s", check[0], err, out)
			}
		}
	}
}

// The reference among the pages is that of this program.
func TestReference(t *testing.T) {
	want, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("../../docs/reference.md"); err != nil || string(got) != want {
		t.Errorf("docs/reference.md is old (%v): make reference", err)
	}
}
