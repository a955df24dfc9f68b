package ci

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/awsexec/awsexec/"

// arrows lists, for each package of ours, the packages of ours that it may
// import. A package without a row may import none. The reasons of what is not
// allowed are in walls.
var arrows = map[string]string{
	"cmd/awsexec": "internal/cli internal/fastpath/tickets",
	"internal/cli": "exec keystore processfmt internal/awsapi internal/cache internal/credentials internal/doctor internal/explain internal/awsini " +
		"internal/profile internal/provider internal/awsfiles internal/conceal internal/custody internal/keyinput internal/lastcall internal/migrate internal/renew internal/rotate internal/server internal/session internal/term internal/tokens internal/visible internal/readfile internal/ownfile internal/interrupt internal/guard internal/fault internal/manual internal/near internal/layout internal/keyfacts internal/populate internal/browser internal/signin internal/caller internal/logbook internal/agekeys internal/tpmkey internal/policy internal/registry internal/remote internal/scratch internal/atomicfile internal/backup internal/totp internal/lazyregexp",

	"exec":       "internal/credentials internal/guard internal/fault",
	"keystore":   "internal/agefile internal/agekeys internal/backend internal/flock internal/helper internal/kernelkey internal/keyindex internal/keyitem internal/keyring internal/ownfile internal/sealingkey",
	"processfmt": "internal/credentials",

	"internal/agekeys":          "internal/backend internal/tpmkey",
	"internal/tpmkey":           "internal/backend internal/fault",
	"internal/agefile":          "internal/agekeys internal/backend internal/kernelkey internal/ownfile internal/readfile",
	"internal/atomicfile":       "internal/readfile",
	"internal/awsapi":           "internal/readfile internal/fault internal/registry internal/lazyregexp",
	"internal/populate":         "internal/awsapi internal/awsfiles internal/awsini internal/profile",
	"internal/browser":          "internal/awsini internal/fault internal/guard",
	"internal/keyfacts":         "internal/flock internal/ownfile",
	"internal/manual":           "internal/layout",
	"internal/lastcall":         "internal/ownfile",
	"internal/logbook":          "internal/flock internal/ownfile internal/readfile",
	"internal/flock":            "internal/ownfile internal/fault",
	"internal/ownfile":          "internal/atomicfile internal/readfile",
	"internal/policy":           "internal/readfile",
	"internal/profile":          "internal/readfile internal/awsini internal/near internal/policy internal/registry",
	"internal/keyindex":         "internal/backend internal/ownfile",
	"internal/keyitem":          "internal/backend",
	"internal/backup":           "internal/agekeys keystore",
	"internal/helper":           "internal/backend internal/fault internal/program internal/visible",
	"internal/keyring":          "internal/backend internal/fault internal/readfile",
	"internal/server":           "internal/fault",
	"internal/interrupt":        "internal/fault",
	"internal/cache":            "internal/credentials internal/flock internal/ownfile internal/readfile",
	"internal/doctor":           "exec internal/awsapi internal/cache internal/explain internal/lastcall internal/ownfile internal/profile internal/provider internal/tokens internal/visible keystore internal/awsini internal/policy",
	"internal/explain":          "internal/profile internal/readfile internal/awsini internal/lazyregexp",
	"internal/provider":         "internal/awsapi internal/cache internal/fault internal/profile internal/tokens keystore internal/readfile internal/awsini internal/policy",
	"internal/conceal":          "internal/awsfiles internal/lazyregexp",
	"internal/custody":          "internal/rotate internal/visible keystore",
	"internal/keyinput":         "internal/readfile",
	"internal/migrate":          "internal/awsapi internal/awsfiles internal/custody internal/keyinput internal/profile internal/readfile internal/rotate internal/visible keystore internal/awsini",
	"internal/awsfiles":         "internal/atomicfile internal/flock internal/profile internal/ownfile internal/readfile internal/awsini internal/lazyregexp",
	"internal/renew":            "exec internal/awsapi internal/explain internal/profile internal/provider internal/awsfiles internal/scratch keystore internal/readfile",
	"internal/scratch":          "internal/flock",
	"internal/remote":           "internal/fault internal/guard internal/program",
	"internal/rotate":           "internal/awsapi internal/interrupt internal/visible keystore internal/awsfiles",
	"internal/tokens":           "internal/atomicfile internal/cache internal/readfile",
	"internal/term":             "internal/guard internal/layout internal/visible internal/fault internal/program",
	"internal/program":          "internal/guard",
	"internal/signin":           "internal/awsapi internal/browser internal/cache internal/tokens",
	"internal/session":          "internal/signin internal/tokens keystore processfmt internal/awsapi internal/cache internal/profile internal/provider internal/term internal/interrupt internal/logbook internal/ownfile internal/agekeys internal/visible internal/awsini internal/policy internal/totp",
	"internal/fastpath/tickets": "internal/fastpath internal/policy internal/provider internal/session keystore",
	"internal/fastpath":         "exec processfmt internal/cache internal/caller internal/credentials internal/kernelkey internal/logbook internal/ownfile internal/readfile",

	"internal/visible":    "internal/lazyregexp",
	"internal/sealingkey": "internal/kernelkey",
	"internal/bustest":    "internal/keyringtest",
	"internal/bench":      "processfmt internal/kernelkey internal/keyringtest internal/ststest",
	"internal/chaos":      "internal/keyringtest internal/ststest",
	"internal/manpages":   "internal/cli internal/manual",
	"internal/demo":       "internal/ststest",

	"internal/backend/backendtest": "internal/backend",
}

// Imports between our packages go only in the directions of the table, on every
// system.
func TestArrows(t *testing.T) {
	used := map[string]map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for line := range goList(t, system, "{{.ImportPath}} {{join .Imports \" \"}}", "./...") {
			words := strings.Fields(line)
			from := strings.TrimPrefix(words[0], module)
			for _, imported := range words[1:] {
				if to, ours := strings.CutPrefix(imported, module); ours {
					if used[from] == nil {
						used[from] = map[string]bool{}
					}
					used[from][to] = true
				}
			}
		}
	}
	if len(used["cmd/awsexec"]) == 0 {
		t.Fatal("go list shows no imports")
	}
	for from, imports := range used {
		allowed := strings.Fields(arrows[from])
		for _, to := range slices.Sorted(maps.Keys(imports)) {
			if !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s, which the table does not allow; see the walls for reasons", from, to)
			}
		}
	}
	for from, allowed := range arrows {
		for _, to := range strings.Fields(allowed) {
			if !used[from][to] {
				t.Errorf("%s may import %s but does not: remove it from the table", from, to)
			}
		}
	}
}

// The fast path needs no package that is expensive to initialize.
func TestFastPathIsLight(t *testing.T) {
	heavy := []string{"net", "net/http", "encoding/xml", "regexp", "crypto/tls",
		"github.com/aws/", "github.com/alecthomas/", "github.com/godbus/", "github.com/zalando/", "filippo.io/"}
	seen := 0
	for dependency := range goList(t, "linux", "{{.ImportPath}}", "-deps", "./internal/fastpath") {
		seen++
		for _, h := range heavy {
			if dependency == h || strings.HasSuffix(h, "/") && strings.HasPrefix(dependency, h) {
				t.Errorf("internal/fastpath needs %s", dependency)
			}
		}
	}
	if seen == 0 {
		t.Fatal("go list shows no dependencies")
	}
}

// A panic in any goroutine that the command starts is caught. Otherwise Go
// would end the process with the exit code of wrong usage.
func TestGoroutinesAreCaught(t *testing.T) {
	seen := 0
	for _, system := range []string{"linux", "darwin", "windows"} {
		for file := range goList(t, system, `{{if .Module}}{{if .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`, "-deps", "./cmd/awsexec") {
			if file == "" || strings.HasSuffix(file, "/internal/fault/fault.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			seen++
			ast.Inspect(parsed, func(n ast.Node) bool {
				if _, ok := n.(*ast.GoStmt); ok {
					t.Errorf("%s starts a goroutine without internal/fault", file)
				}
				return true
			})
		}
	}
	if seen == 0 {
		t.Fatal("go list shows no files")
	}
}

// No file imports both our package exec and os/exec, because readers would
// confuse them.
func TestTwoExecs(t *testing.T) {
	files := 0
	for file := range goList(t, "linux", `{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .TestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`, "./...") {
		if file == "" {
			continue
		}
		files++
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(`"`+module+`exec"`)) && bytes.Contains(text, []byte(`"os/exec"`)) {
			t.Errorf("%s imports both", file)
		}
	}
	if files == 0 {
		t.Fatal("go list shows no files")
	}
}

// goList yields the lines that go list prints for the repository on system.
func goList(t *testing.T, system, format string, args ...string) func(yield func(string) bool) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-buildvcs=false", "-f", format}, args...)...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	return func(yield func(string) bool) {
		lines := bufio.NewScanner(bytes.NewReader(out))
		for lines.Scan() && yield(lines.Text()) {
		}
	}
}
