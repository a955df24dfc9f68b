package populate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/awsexec/awsexec/internal/profile"
)

// The Go SDK, and our own reader, find in each profile what was meant.
func TestReaders(t *testing.T) {
	roles := rolesOf("Acme (EU) / Prod/111111111111/Power+User,x=y", "a]b [c\"'\\#;/222222222222/r.@_", "日本/333333333333/Admin", "x/444444444444/a,b", "x/444444444444/a=b")
	for _, eol := range []string{"\n", "\r\n"} {
		for _, session := range []string{"corp", "co rp", ""} {
			r := request(t, func(r *Request) { r.SignIn.Session = session })
			file := strings.ReplaceAll("[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://d-1.awsapps.example/start\n"+
				"[sso-session \"co rp\"]\nsso_region = eu-west-1\nsso_start_url = https://d-1.awsapps.example/start", "\n", eol)
			result, err := apply(t, r, file, roles)
			if err != nil || result.Added != len(roles) {
				t.Fatal(result, err)
			}
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, result.Data, 0o600); err != nil {
				t.Fatal(err)
			}
			own, err := profile.ReadFiles(profile.Files{Config: path})
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]bool{}
			for _, name := range own.Names() {
				p, err := own.Profile(name)
				if err != nil || p.SSO.StartURL != r.SignIn.StartURL || p.SSO.Region != "eu-west-1" || p.Region != "eu-west-1" {
					t.Errorf("%q: %+v, %v", name, p, err)
					continue
				}
				found[p.SSO.AccountID+"/"+p.SSO.RoleName] = true
				if session == "co rp" {
					continue // the Go SDK does not find such a section, whoever wrote it
				}
				sdk, err := config.LoadSharedConfigProfile(t.Context(), name, func(o *config.LoadSharedConfigOptions) {
					o.ConfigFiles, o.CredentialsFiles = []string{path}, []string{os.DevNull}
				})
				if err != nil || sdk.SSOAccountID != p.SSO.AccountID || sdk.SSORoleName != p.SSO.RoleName || sdk.SSOSessionName != session || sdk.Region != "eu-west-1" {
					t.Errorf("the Go SDK reads %q as %s, %s, %s, %s: %v", name, sdk.SSOSessionName, sdk.SSOAccountID, sdk.SSORoleName, sdk.Region, err)
				}
			}
			for _, role := range roles {
				if !found[role.ID+"/"+role.Role] {
					t.Errorf("session %q: nothing for %s in %s", session, role.Role, role.ID)
				}
			}
		}
	}
}
