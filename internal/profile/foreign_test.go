package profile

import (
	"fmt"
	"testing"
)

// TestForeign: settings by which other tools find credentials or an MFA device, and
// what is written instead.
func TestForeign(t *testing.T) {
	const device = "[profile device]\nmfa_serial = m\nregion = r\n"
	for _, c := range []struct{ name, config, credentials, mfa string }{
		{"none", "[profile a]\nregion = r\nsource_profile = b\nrole_arn = x\n", "", ""},
		{"own source", "[profile a]\nsource_profile = a\n", "", ""},
		{"alias", "[profile a]\nsource_profile = b\n", "aws-vault source_profile C:2 of b []", ""},
		{"device", "[profile a]\ninclude_profile = device\n" + device, "aws-vault include_profile C:2 of  [{mfa_serial m} {region r}]", "aws-vault include_profile C:2 of  [{mfa_serial m}]"},
		{"own device", "[profile a]\ninclude_profile = device\nmfa_serial = own\n" + device, "aws-vault include_profile C:2 of  [{region r}]", ""},
		{"older name", "[profile a]\nparent_profile = device\n" + device, "aws-vault parent_profile C:2 of  [{mfa_serial m} {region r}]", "aws-vault parent_profile C:2 of  [{mfa_serial m}]"},
		{"device of an included profile's", "[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = device\n" + device, "aws-vault include_profile C:2 of  [{mfa_serial m} {region r}]", "aws-vault include_profile C:2 of  [{mfa_serial m}]"},
		{"device of default", "[profile a]\ninclude_profile = b\n[profile b]\n[default]\nmfa_serial = m\n", "aws-vault include_profile C:2 of  [{mfa_serial m}]", "aws-vault include_profile C:2 of  [{mfa_serial m}]"},
		{"device of default without include", "[profile a]\n[default]\nmfa_serial = m\n", "", ""},
		{"circle", "[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = a\n", "aws-vault include_profile C:2 of  []", ""},
		{"nowhere", "[profile a]\ninclude_profile = b\n", "aws-vault include_profile C:2 of  []", ""},
		{"role", "[profile a]\ninclude_profile = b\nregion = own\n[profile b]\nrole_arn = x\nsource_profile = c\nregion = r\n",
			"aws-vault include_profile C:2 of  [{role_arn x} {source_profile c}]", ""},
		{"alias of an included profile", "[profile a]\ninclude_profile = b\n[profile b]\nsource_profile = c\n", "aws-vault include_profile C:2 of c []", ""},
		{"alias with a device", "[profile a]\nsource_profile = b\nmfa_serial = m\n", "aws-vault source_profile C:2 of b [{mfa_serial m}]", ""},
		{"alias with a device of its source", "[profile a]\nsource_profile = b\nmfa_serial = m\n[profile b]\nmfa_serial = n\n", "aws-vault source_profile C:2 of b []", ""},
		{"alias with an included device", "[profile a]\nsource_profile = b\ninclude_profile = device\n" + device, "aws-vault source_profile C:2 of b [{mfa_serial m}]", "aws-vault include_profile C:3 of  [{mfa_serial m}]"},
		{"half of a sign-in", "[profile a]\ninclude_profile = b\nsso_account_id = 1\nsso_role_name = x\n[profile b]\nsso_start_url = u\nsso_region = r\n",
			"aws-vault include_profile C:2 of  [{sso_start_url u} {sso_region r}]", ""},
		{"aws-mfa", "[profile a]\naws_mfa_device = m\n", "", "aws-mfa aws_mfa_device C:2 of  [{mfa_serial m}]"},
		{"granted", "[profile a]\ngranted_sso_region = r\ngranted_color = red\n", "granted granted_sso_region C:2 of  [{sso_region r}]", ""},
		{"saml2aws", "[profile a]\nx_principal_arn = p\n", "saml2aws x_principal_arn C:2 of  []", ""},
		{"aws-adfs", "[profile a]\nregion = r\nadfs_config.role_arn = x\n", "aws-adfs adfs_config.role_arn C:3 of  []", ""},
		{"aws-google-auth", "[profile a]\ngoogle_config.google_idp_id = x\n", "aws-google-auth google_config.google_idp_id C:2 of  []", ""},
		{"aws-runas", "[profile a]\nregion = r\njump_role_arn = j\nsaml_auth_url = u\n", "aws-runas jump_role_arn C:3 of  []", ""},
	} {
		p, err := configOf(t, c.config, "").With("b", "c").Profile("a")
		if err != nil {
			t.Fatal(err)
		}
		text := func(f *Foreign) string {
			if f == nil {
				return ""
			}
			return fmt.Sprintf("%s %s %s of %s %v", f.Tool, f.Key, f.Pos, f.Source, f.Lines)
		}
		if got := text(p.Foreign()); got != c.credentials {
			t.Errorf("%s: credentials: got %q, want %q", c.name, got, c.credentials)
		}
		if got := text(p.ForeignMFA()); got != c.mfa {
			t.Errorf("%s: MFA device: got %q, want %q", c.name, got, c.mfa)
		}
	}
}
