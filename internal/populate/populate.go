package populate

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// Request is what the user wants. All but Region, Filters, Prune and Rewrite must be
// set.
type Request struct {
	SignIn profile.SSO // account and role do not matter
	Region string      // of the profiles; "" means that of the sign-in

	Filters  Filters
	Template Template
	Prune    bool // take profiles out whose role is gone
	Rewrite  bool // write profiles anew that are there

	// Taken returns who has a name outside the config file, such as a stored key; "" if
	// nobody.
	Taken func(name string) string
}

// Label returns the label of the block for the sign-in.
func (r *Request) Label() string {
	if r.SignIn.Session != "" {
		return "awsexec sso populate --session " + awsini.QuoteWord(r.SignIn.Session)
	}
	return "awsexec sso populate, " + r.SignIn.StartURL
}

// SignInName returns what the placeholder {session} stands for.
func (r *Request) SignInName() string {
	if r.SignIn.Session != "" {
		return r.SignIn.Session
	}
	u, err := url.Parse(r.SignIn.StartURL)
	if err != nil {
		return "sso"
	}
	host, _, _ := strings.Cut(u.Hostname(), ".")
	return cmp.Or(plain(host), "sso")
}

// Profile is a profile of the block.
type Profile struct{ Name, AccountID, Role string }

// Result is what becomes of the config file.
type Result struct {
	Data    []byte
	Added   int
	Removed int
	Kept    int       // profiles of roles that are still there
	Gone    []Profile // kept, though their role is gone
	Outside []string  // profiles that are outside the block and have the name and the role of one to write
}

// Wanted returns whose roles Apply has to know.
func (r *Request) Wanted(block *awsfiles.Block) func(awsapi.Account) bool {
	there := map[string]bool{}
	for _, p := range r.existing(block) {
		there[p.AccountID] = true
	}
	return func(a awsapi.Account) bool { return there[a.ID] || r.Filters.In(a) }
}

// existing returns the profiles of the block that are for the sign-in.
func (r *Request) existing(block *awsfiles.Block) []Profile {
	var found []Profile
	for _, name := range block.Profiles() {
		if p, ok := roleOf(block.File(), name, r.SignIn); ok {
			found = append(found, p)
		}
	}
	return found
}

// roleOf returns the role that a profile of the config file is for, and whether it is
// one of the sign-in.
func roleOf(file *awsini.File, name string, signIn profile.SSO) (Profile, bool) {
	settings, ok := file.Lookup(name)
	return Profile{name, settings["sso_account_id"].Text, settings["sso_role_name"].Text}, ok && IsOf(settings, signIn)
}

// IsOf reports whether a profile with these settings is for a role of the sign-in.
func IsOf(settings awsini.Settings, signIn profile.SSO) bool {
	if settings["sso_account_id"].Text == "" || settings["sso_role_name"].Text == "" {
		return false
	}
	session := settings["sso_session"].Text
	return session == signIn.Session && (session != "" || settings["sso_start_url"].Text == signIn.StartURL)
}

type roleKey struct{ account, role string }

// Apply returns what becomes of the file with the block. Roles are all that the sign-in
// may use in the accounts of Wanted. Profiles of the block keep their names and lines. The error is a
// *NameError if there are not enough names.
func (r *Request) Apply(block *awsfiles.Block, roles []awsapi.AccountRole) (*Result, error) {
	usable := make(map[roleKey]awsapi.AccountRole, len(roles))
	for _, role := range roles {
		usable[roleKey{role.ID, role.Role}] = role
	}
	result := &Result{}
	remove, there := map[string]bool{}, map[roleKey]bool{}
	for _, p := range r.existing(block) {
		key := roleKey{p.AccountID, p.Role}
		role, ok := usable[key]
		switch {
		case !ok && r.Prune:
			remove[p.Name] = true
			result.Removed++
		case !ok:
			result.Gone = append(result.Gone, p)
		case r.Rewrite && r.Filters.Selects(role):
			remove[p.Name] = true
		default:
			result.Kept++
			there[key] = true
		}
	}
	rewritten := len(remove) - result.Removed
	var missing []awsapi.AccountRole
	for _, role := range roles {
		key := roleKey{role.ID, role.Role}
		if there[key] || !r.Filters.Selects(role) {
			continue
		}
		if name := r.Template.Name(role, r.SignInName()); !remove[name] {
			if p, ok := roleOf(block.File(), name, r.SignIn); ok && (roleKey{p.AccountID, p.Role}) == key {
				result.Outside = append(result.Outside, name)
				continue
			}
		}
		missing = append(missing, role)
	}
	add, err := r.profiles(block, missing, remove)
	if err != nil {
		return nil, err
	}
	result.Added = len(add) - rewritten
	result.Data, err = block.Edit(remove, add)
	return result, err
}

// profiles returns the profiles for roles, by name.
func (r *Request) profiles(block *awsfiles.Block, roles []awsapi.AccountRole, remove map[string]bool) ([]awsfiles.BlockProfile, error) {
	file := block.File()
	names, err := r.names(roles, func(name string) string {
		if at := file.Header(name); at.Line > 0 && !remove[name] {
			return "the profile at " + at.String()
		}
		if at, ok := file.Bare[name]; ok {
			return "the section at " + at.String()
		}
		if name == profile.DefaultName {
			return "the profile that is used if nobody names one"
		}
		return r.Taken(name)
	})
	if err != nil {
		return nil, err
	}
	add := make([]awsfiles.BlockProfile, len(roles))
	for i, role := range roles {
		add[i] = awsfiles.BlockProfile{Name: names[i], Settings: r.settings(role)}
	}
	slices.SortFunc(add, func(a, b awsfiles.BlockProfile) int { return strings.Compare(a.Name, b.Name) })
	return add, nil
}

// settings returns the settings of the profile for a role. There is no
// credential_process: most SDKs would prefer the others, and some that one.
func (r *Request) settings(role awsapi.AccountRole) []awsfiles.Setting {
	settings := []awsfiles.Setting{{Key: "sso_session", Value: r.SignIn.Session}}
	if r.SignIn.Session == "" {
		settings = []awsfiles.Setting{{Key: "sso_start_url", Value: r.SignIn.StartURL}, {Key: "sso_region", Value: r.SignIn.Region}}
	}
	return append(settings,
		awsfiles.Setting{Key: "sso_account_id", Value: role.ID},
		awsfiles.Setting{Key: "sso_role_name", Value: role.Role},
		awsfiles.Setting{Key: "region", Value: cmp.Or(r.Region, r.SignIn.Region)},
	)
}
