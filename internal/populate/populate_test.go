package populate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
)

// role returns a role from "NAME/ID/ROLE".
func role(text string) awsapi.AccountRole {
	at := strings.LastIndexByte(text, '/')
	account, name := text[:at], text[at+1:]
	at = strings.LastIndexByte(account, '/')
	return awsapi.AccountRole{Account: awsapi.Account{Name: account[:at], ID: account[at+1:]}, Role: name}
}

func rolesOf(texts ...string) []awsapi.AccountRole {
	var roles []awsapi.AccountRole
	for _, text := range texts {
		roles = append(roles, role(text))
	}
	return roles
}

func request(t *testing.T, change ...func(*Request)) *Request {
	t.Helper()
	r := &Request{
		SignIn: profile.SSO{Session: "corp", StartURL: "https://d-1.awsapps.example/start", Region: "eu-west-1"},
		Taken:  func(string) string { return "" },
	}
	var err error
	if r.Template, err = ParseTemplate(DefaultTemplate); err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func apply(t *testing.T, r *Request, data string, roles []awsapi.AccountRole) (*Result, error) {
	t.Helper()
	block, err := awsfiles.ReadBlock([]byte(data), "/p", r.Label())
	if err != nil {
		t.Fatal(err)
	}
	return r.Apply(block, roles)
}

// headers returns the profiles of data.
func headers(data []byte) string {
	var found []string
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(line, "[profile "); ok {
			found = append(found, strings.TrimSuffix(name, "]\n"))
		}
	}
	return strings.Join(found, " ")
}

func template(t *testing.T, text string) func(*Request) {
	return func(r *Request) {
		var err error
		if r.Template, err = ParseTemplate(text); err != nil {
			t.Fatal(err)
		}
	}
}

func filter(t *testing.T, texts ...string) func(*Request) {
	return func(r *Request) {
		for _, text := range texts {
			f, err := ParseFilter(text)
			if err != nil {
				t.Fatal(err)
			}
			r.Filters = append(r.Filters, f)
		}
	}
}

func TestFile(t *testing.T) {
	const before = "[sso-session corp]\nsso_region = eu-west-1\n"
	result, err := apply(t, request(t), before, rolesOf("Prod/111111111111/Admin"))
	const want = before + `
# begin: awsexec sso populate --session corp
[profile Prod-Admin]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Admin
region = eu-west-1
# end: awsexec sso populate --session corp
`
	if err != nil || string(result.Data) != want || result.Added != 1 {
		t.Errorf("%v\n%s", err, result.Data)
	}
	legacy := request(t, func(r *Request) {
		r.SignIn.Session, r.Region = "", "us-east-1"
	}, template(t, "{session}.{account}"))
	result, err = apply(t, legacy, "", rolesOf("Prod/111111111111/Admin"))
	const wantLegacy = `# begin: awsexec sso populate, https://d-1.awsapps.example/start
[profile d-1.Prod]
sso_start_url = https://d-1.awsapps.example/start
sso_region = eu-west-1
sso_account_id = 111111111111
sso_role_name = Admin
region = us-east-1
# end: awsexec sso populate, https://d-1.awsapps.example/start
`
	if err != nil || string(result.Data) != wantLegacy {
		t.Errorf("%v\n%s", err, result.Data)
	}
}

// Names are made of what every SDK finds, are never given twice, and never to somebody
// else's profile or key.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		roles      []string
		want       string
	}{
		{"plain", "", []string{"prod/111111111111/Admin", "dev/222222222222/Admin", "dev/222222222222/Read"}, "dev-Admin dev-Read prod-Admin"},
		{"characters", "", []string{"Acme (EU) / Prod/111111111111/Power+User,x=y", "a]b [c\"'\n#;/222222222222/r.@_"}, "Acme-EU-Prod-Power+User-x-y a-b-c-r.@_"},
		{"letters that SDKs do not find", "", []string{"Café ☕/111111111111/Admin", "日本/222222222222/Admin", "/333333333333/Admin"},
			"222222222222-Admin 333333333333-Admin Caf-Admin"},
		{"accounts of one name", "", []string{"dev/111111111111/Admin", "dev/222222222222/Admin", "dev/222222222222/Read"},
			"dev-111111111111-Admin dev-222222222222-Admin dev-Read"},
		{"names that become the same", "", []string{"a b/111111111111/Admin", "a-b/222222222222/Admin", "A b/333333333333/Admin"},
			"A-b-Admin a-b-111111111111-Admin a-b-222222222222-Admin"},
		{"a name that looks like what tells two apart", "", []string{"dev/111111111111/x", "dev/222222222222/x", "dev-111111111111/333333333333/x"},
			"dev-111111111111-333333333333-x dev-111111111111-x-2d711642 dev-222222222222-x"},
		{"roles that become the same", "", []string{"dev/111111111111/a,b", "dev/111111111111/a=b"},
			"dev-111111111111-a-b-1eb7c54d dev-111111111111-a-b-42144f39"},
		{"a hyphen between", "", []string{"a/111111111111/b-c", "a-b/222222222222/c"}, "a-111111111111-b-c a-b-222222222222-c"},
		{"the user's profile", "[profile dev-Admin]\nregion = x\n", []string{"dev/111111111111/Admin"}, "dev-Admin dev-111111111111-Admin"},
		{"the user's profile, written oddly", "[profile  'dev-Admin' ]\n", []string{"dev/111111111111/Admin"}, " 'dev-Admin'  dev-111111111111-Admin"},
		{"a section that JavaScript reads", "[dev-Admin]\n", []string{"dev/111111111111/Admin"}, "dev-111111111111-Admin"},
		{"a stored key, or the credentials file", "", []string{"key/111111111111/Admin"}, "key-111111111111-Admin"},
		{"another sign-in", "[profile dev-Admin]\nsso_session = other\nsso_account_id = 111111111111\nsso_role_name = Admin\n", []string{"dev/111111111111/Admin"},
			"dev-Admin dev-111111111111-Admin"},
		{"the same, made by hand", "[profile dev-Admin]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin\n", []string{"dev/111111111111/Admin"}, "dev-Admin"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, func(r *Request) {
				r.Taken = func(name string) string {
					return map[string]string{"key-Admin": "a stored key"}[name]
				}
			})
			result, err := apply(t, r, tt.file, rolesOf(tt.roles...))
			if err != nil {
				t.Fatal(err)
			}
			if got := headers(result.Data); got != tt.want {
				t.Errorf("got %s", got)
			}
			again, err := apply(t, r, string(result.Data), rolesOf(tt.roles...))
			if err != nil || string(again.Data) != string(result.Data) || again.Added+again.Removed+len(again.Gone) != 0 {
				t.Errorf("a second time: %+v, %v", again, err)
			}
			rewriting := *r
			rewriting.Rewrite = true
			again, err = apply(t, &rewriting, string(result.Data), rolesOf(tt.roles...))
			if err != nil || string(again.Data) != string(result.Data) {
				t.Errorf("written anew: %s, %v", again.Data, err)
			}
		})
	}
}

// By a template of the user, a name that is not free is an error that has both sides.
func TestConflicts(t *testing.T) {
	for _, tt := range []struct{ template, file, want string }{
		{"{account}", "", `"dev" would be the name of role Admin in account 111111111111 (dev) and of role Read in account 111111111111 (dev)`},
		{"x-{role}", "[profile x-Read]\n", `"x-Read" is the name of the profile at /p:1 and would be that of role Read in account 111111111111 (dev)`},
		{"{role}.key", "", `"Admin.key" is the name of a stored key and would be that of role Admin`},
		{"{session}", "", `"corp" would be the name of`},
	} {
		r := request(t, template(t, tt.template), func(r *Request) {
			r.Taken = func(name string) string { return map[string]string{"Admin.key": "a stored key"}[name] }
		})
		_, err := apply(t, r, tt.file, rolesOf("dev/111111111111/Admin", "dev/111111111111/Read"))
		if !errors.As(err, new(*NameError)) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.template, err)
		}
	}
	r := request(t, template(t, "{role}"))
	if _, err := apply(t, r, "", rolesOf("dev/111111111111/default")); err == nil || !strings.Contains(err.Error(), `"default" is the name of the profile that is used if nobody names one`) {
		t.Errorf("default: %v", err)
	}
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("a/%012d/role%d", i/4, i%4))
	}
	if _, err := apply(t, request(t, template(t, "{account}-{role}x")), "", rolesOf(many[:8]...)); err == nil || strings.Contains(err.Error(), "more") {
		t.Errorf("few: %v", err)
	}
	if _, err := apply(t, request(t, template(t, "{account_id}x")), "", rolesOf(many...)); err == nil || !strings.Contains(err.Error(), "and 5 more") {
		t.Errorf("many: %v", err)
	}
}

// Profiles that are there keep name and lines, whatever else the accounts are called by
// now; those whose role is gone are kept and told, or taken out.
func TestLater(t *testing.T) {
	all := rolesOf("dev/111111111111/Admin", "dev/111111111111/Read", "prod/222222222222/Admin")
	first, err := apply(t, request(t), "[default]\n", all)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(first.Data), "sso_role_name = Read\n", "sso_role_name = Read\noutput = json\n", 1)
	later := rolesOf("renamed/111111111111/Read", "prod/222222222222/Admin", "prod/222222222222/New")
	kept, err := apply(t, request(t), edited, later)
	if err != nil || headers(kept.Data) != "dev-Admin dev-Read prod-Admin prod-New" || !strings.Contains(string(kept.Data), "output = json") {
		t.Errorf("kept: %s, %v", headers(kept.Data), err)
	}
	if kept.Kept != 2 || kept.Added != 1 || len(kept.Gone) != 1 || kept.Gone[0] != (Profile{"dev-Admin", "111111111111", "Admin"}) {
		t.Errorf("kept: %+v", kept)
	}
	prune := func(r *Request) { r.Prune = true }
	pruned, err := apply(t, request(t, prune), edited, later)
	if err != nil || headers(pruned.Data) != "dev-Read prod-Admin prod-New" || pruned.Removed != 1 || len(pruned.Gone) != 0 || !strings.Contains(string(pruned.Data), "output = json") {
		t.Errorf("pruned: %s, %+v, %v", headers(pruned.Data), pruned, err)
	}
	// A filter neither takes out nor loses what it does not select.
	filtered, err := apply(t, request(t, prune, filter(t, "prod")), edited, later)
	if err != nil || headers(filtered.Data) != "dev-Read prod-Admin prod-New" {
		t.Errorf("filtered: %s, %v", headers(filtered.Data), err)
	}
	rewrite := func(r *Request) { r.Rewrite = true }
	rewritten, err := apply(t, request(t, rewrite, template(t, "{account}.{role}"), filter(t, "*:Read", "*:New")), edited, later)
	if err != nil || headers(rewritten.Data) != "dev-Admin prod-Admin prod.New renamed.Read" || strings.Contains(string(rewritten.Data), "output = json") {
		t.Errorf("rewritten: %s, %v", headers(rewritten.Data), err)
	}
	if rewritten.Added != 1 || rewritten.Removed != 0 {
		t.Errorf("rewritten: %+v", rewritten)
	}
	nothing, err := apply(t, request(t, prune), string(first.Data), nil)
	if err != nil || string(nothing.Data) != "[default]\n\n" || nothing.Removed != 3 {
		t.Errorf("nothing left: %q, %v", nothing.Data, err)
	}
}

// Only accounts that matter are asked for their roles.
func TestWanted(t *testing.T) {
	r := request(t, filter(t, "prod-*:Admin", "3*"))
	first, err := apply(t, request(t), "", rolesOf("dev/111111111111/Admin"))
	if err != nil {
		t.Fatal(err)
	}
	block, err := awsfiles.ReadBlock(first.Data, "/p", r.Label())
	if err != nil {
		t.Fatal(err)
	}
	wanted := r.Wanted(block)
	for text, want := range map[string]bool{"dev/111111111111/": true, "PROD-a/222222222222/": true, "x/333333333333/": true, "x/444444444444/": false, "prod/555555555555/": false} {
		if got := wanted(role(text).Account); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

func TestTemplates(t *testing.T) {
	for _, text := range []string{"{account}-{role}", "{account_id}.{role}", "x_{session}@{account}+{role}"} {
		if _, err := ParseTemplate(text); err != nil {
			t.Error(err)
		}
	}
	for text, want := range map[string]string{
		"{acount}": "braces must hold account, account_id, role, session", "{account": "braces", "{}": "braces", "{{account}}": "braces",
		"x": "no placeholder", "": "no placeholder", "{account} {role}": "' ' cannot be", "{account}/{role}": "'/' cannot", "{role}}": "'}' cannot",
		"{account}\n": `'\n' cannot`, "{role}é": "'é' cannot", "-{role}": "looks like a flag",
	} {
		if _, err := ParseTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestFilters(t *testing.T) {
	for _, tt := range []struct {
		filter, role string
		want         bool
	}{
		{"dev", "dev/111111111111/Admin", true}, {"DEV", "dev/111111111111/Admin", true}, {"de", "dev/111111111111/Admin", false},
		{"1111*", "dev/111111111111/Admin", true}, {"111111111111", "dev/111111111111/Admin", true}, {"prod-*:Admin", "prod-eu/111111111111/Admin", true},
		{"prod-*:Admin", "prod-eu/111111111111/Read", false}, {"*:*Only", "x/111111111111/ReadOnly", true}, {"*:*Only", "x/111111111111/ReadOnlyX", false},
		{"*", "/111111111111/r", true}, {"a:b:admin", "a:b/111111111111/Admin", true}, {"a/*", "a/111111111111/Admin", false}, {"?ev", "dev/111111111111/x", true},
		{"?ev", "ev/111111111111/x", false}, {"*a*b*", "xaxbx/111111111111/x", true}, {"*a*b*", "xbxax/111111111111/x", false}, {"[d]ev", "dev/111111111111/x", false},
		{"日本*", "日本支社/111111111111/x", true}, {"**", "x/111111111111/x", true},
	} {
		f, err := ParseFilter(tt.filter)
		if err != nil || f.Selects(role(tt.role)) != tt.want || tt.want && !f.In(role(tt.role).Account) {
			t.Errorf("%s of %s: not %t, %v", tt.filter, tt.role, tt.want, err)
		}
	}
	for _, text := range []string{"", ":", ":Admin", "dev:"} {
		if _, err := ParseFilter(text); err == nil {
			t.Errorf("%q is a filter", text)
		}
	}
	r := request(t, filter(t, "dev", "prd:*", "dev:Read"))
	if idle := r.Filters.Idle(rolesOf("dev/111111111111/Admin", "prod/222222222222/Read")); fmt.Sprint(idle) != "[prd:* dev:Read]" {
		t.Errorf("idle %v", idle)
	}
}

// Thousands of accounts take no time to speak of, once they are known.
func TestMany(t *testing.T) {
	var roles []awsapi.AccountRole
	for i := range 2000 {
		for _, name := range []string{"Admin", "PowerUser", "ReadOnly"} {
			roles = append(roles, role(fmt.Sprintf("account %d/%012d/%s", i/2, i, name)))
		}
	}
	began := time.Now()
	first, err := apply(t, request(t), "[default]\n", roles)
	if err != nil || first.Added != 6000 {
		t.Fatal(first, err)
	}
	again, err := apply(t, request(t), string(first.Data), roles)
	if err != nil || string(again.Data) != string(first.Data) {
		t.Error("a second time something changes", err)
	}
	less, err := apply(t, request(t, func(r *Request) { r.Prune = true }), string(first.Data), roles[:3])
	if err != nil || less.Removed != 5997 {
		t.Error(less.Removed, err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}
