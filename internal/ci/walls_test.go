package ci

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// wall keeps packages from others, also by way of third ones.
type wall struct {
	from, to string // packages; "*" is every package of ours
	but      string // packages that may
	why      string
}

const (
	standIns = "internal/awsinitest internal/awstest internal/bustest internal/keyringtest internal/ststest internal/winetest"
	leaves   = "internal/atomicfile internal/awsini internal/credentials internal/fault internal/flock internal/guard internal/interrupt " +
		"internal/kernelkey internal/lastcall internal/ownfile internal/readfile internal/scratch internal/server internal/term internal/visible"
)

var walls = []wall{
	{"*", "internal/cli", "cmd/awsexec internal/manpages",
		"the command line is on top; what it shares with others belongs in a room below it"},
	{"*", "github.com/alecthomas/kong", "internal/cli internal/manpages",
		"what a command does can be tested and used without the grammar of the command line"},
	{"*", "internal/fastpath", "cmd/awsexec internal/fastpath/tickets",
		"to remove the fast path is to remove one import and one directory"},
	{"cmd/awsexec", standIns, "",
		"the program holds nothing that could be taken for AWS or for a keyring"},
	{"internal/profile", "keystore internal/awsapi internal/cache internal/provider internal/session internal/term net/http os/exec", "",
		"to resolve a profile is pure: it makes no request, asks nobody, and reads nothing but two files"},
	{"internal/provider", "internal/awsfiles internal/session internal/term os/exec", "",
		"who decides where credentials come from asks nobody and starts nothing; what does is handed in"},
	{"internal/explain", "keystore internal/cache internal/provider internal/session", "",
		"what other clients do must be found out without what awsexec itself decides"},
	{"cmd/awsexec", "github.com/aws/aws-sdk-go-v2/config", "",
		"our own reader resolves a profile, once: the SDK's would read the user's files and environment again, by other rules"},
	{"internal/tokens", "keystore internal/awsapi internal/profile internal/provider internal/session net/http", "",
		"tokens at rest, and whose turn it is to renew them: who signs in and who asks AWS is handed in"},
	{"internal/browser", "keystore internal/awsapi internal/provider internal/session internal/term", "",
		"who shows a secret link knows a page and a command line, and nothing of what the page is for"},
	{"exec processfmt", "keystore internal/awsapi internal/cache internal/profile internal/provider internal/session", "",
		"other programs import these; they know credentials and children, but no AWS calls and no profiles"},
	{"keystore", "internal/awsapi internal/awsfiles internal/cache internal/profile internal/provider internal/session internal/term", "",
		"other programs import it; it knows keys by name, and a person only as a function that is handed in"},
	{"internal/awsapi", "keystore internal/cache internal/profile internal/provider internal/session", "",
		"a call to AWS gets its key and its settings as values"},
	{"internal/cache", "keystore internal/awsapi internal/profile internal/provider internal/session", "",
		"sessions at rest are sealed by a key that is handed in, wherever that is kept"},
	{"internal/custody internal/doctor internal/keyinput internal/migrate internal/populate internal/renew internal/rotate", "internal/session internal/term", "",
		"one job each, by narrow interfaces: their tests need neither a terminal nor a whole run"},
	{leaves, "keystore internal/awsapi internal/awsfiles internal/cache internal/profile internal/provider internal/session", "",
		"a leaf knows files, memory, a terminal or a socket, and nothing of where credentials come from"},
}

// No package reaches what a wall keeps it from.
func TestWalls(t *testing.T) {
	imports := map[string]map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for line := range goList(t, system, "{{.ImportPath}} {{join .Imports \" \"}}", "./...") {
			words := strings.Fields(strings.ReplaceAll(line, module, ""))
			if imports[words[0]] == nil {
				imports[words[0]] = map[string]bool{}
			}
			for _, to := range words[1:] {
				imports[words[0]][to] = true
			}
		}
	}
	for _, w := range walls {
		from := strings.Fields(w.from)
		if w.from == "*" {
			from = slices.Sorted(maps.Keys(imports))
		}
		for _, p := range from {
			if imports[p] == nil {
				t.Errorf("there is no package %s: remove it from the walls", p)
			}
			if slices.Contains(strings.Fields(w.but), p) {
				continue
			}
			for _, to := range strings.Fields(w.to) {
				if _, ours := imports[to]; !ours && (strings.HasPrefix(to, "internal/") || to == "keystore") {
					t.Errorf("there is no package %s: remove it from the walls", to)
				}
				if way := reach(imports, p, to, strings.Fields(w.but)); way != nil {
					t.Errorf("%s must not import %s: %s", strings.Join(way, " → "), to, w.why)
				}
			}
		}
	}
}

// reach returns the packages by which from comes to import to, from first and
// none of but among them; nil if it does not.
func reach(imports map[string]map[string]bool, from, to string, but []string) []string {
	seen := map[string]bool{}
	var search func(p string) []string
	search = func(p string) []string {
		if seen[p] || slices.Contains(but, p) {
			return nil
		}
		seen[p] = true
		if imports[p][to] {
			return []string{p}
		}
		if _, ours := imports[to]; !ours { // what third ones use of Go's library is their own matter
			return nil
		}
		for _, next := range slices.Sorted(maps.Keys(imports[p])) {
			if way := search(next); way != nil {
				return append([]string{p}, way...)
			}
		}
		return nil
	}
	return search(from)
}
