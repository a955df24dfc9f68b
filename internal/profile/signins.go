package profile

import (
	"maps"
	"slices"
)

// SignIn is a sign-in that the files describe: one at IAM Identity Center, or a login
// session.
type SignIn struct {
	SSO                 // without an account and a role
	LoginSession string // "" at IAM Identity Center
	Profile      string // one that has it; "" for an sso-session
}

// LoginSessions returns the login sessions of the files, each once, with the first
// profile that has it.
func (c *Config) LoginSessions() []SignIn {
	var found []SignIn
	seen := map[string]bool{}
	for _, name := range c.Names() {
		settings, _ := c.Lookup(name)
		if s := settings["login_session"].Text; s != "" && !seen[s] {
			seen[s] = true
			found = append(found, SignIn{LoginSession: s, Profile: name})
		}
	}
	return found
}

// SignIns returns the sign-ins at IAM Identity Center: the sso-session sections by name, and then
// the start URLs of profiles in the legacy form, each once.
func (c *Config) SignIns() []SignIn {
	var found []SignIn
	for _, name := range slices.Sorted(maps.Keys(c.Config.SSOSessions)) {
		sso, _ := c.SSOSession(name)
		found = append(found, SignIn{SSO: sso})
	}
	seen := map[string]bool{}
	for _, name := range c.Names() {
		settings, _ := c.Lookup(name)
		b := &builder{profile: name, settings: settings}
		url := b.text("sso_start_url")
		if b.text("sso_session") != "" || url == "" || seen[url] {
			continue
		}
		seen[url] = true
		found = append(found, SignIn{SSO: SSO{StartURL: url, Region: b.text("sso_region")}, Profile: name})
	}
	return found
}

// SSOSession returns the sign-in of the sso-session section called name, and whether
// there is one.
func (c *Config) SSOSession(name string) (SSO, bool) {
	section, ok := c.Config.SSOSessions[name]
	if !ok {
		return SSO{}, false
	}
	b := &builder{settings: c.Config.SettingsOf(section)}
	return SSO{
		Session: name, StartURL: b.text("sso_start_url"), Region: b.text("sso_region"), RegistrationScopes: b.list("sso_registration_scopes"),
	}, true
}
