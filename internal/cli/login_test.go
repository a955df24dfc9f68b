package cli

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/awsexec/awsexec/internal/awstest"
)

const ssoProfile = `[sso-session corp]
sso_start_url = https://x.example/start
sso_region = eu-west-1
[profile dev]
region = eu-west-1
sso_session = corp
sso_account_id = 123456789012
sso_role_name = dev
`

// A sign-in that nobody ends is not waited for longer than its time, and leaves nothing.
func TestLoginEnds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs the program true")
	}
	w := newWorld(t)
	sso, err := awstest.StartSSO(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer sso.Close()
	w.env["AWS_ENDPOINT_URL_SSO"], w.env["AWS_ENDPOINT_URL_SSO_OIDC"] = sso.URL(), sso.URL()
	w.write(".aws/config", ssoProfile)
	w.refuse(exitFailed, "", []string{"login", "dev", "--browser", "true"},
		`error: sso-session "corp": no answer in time`, "hint: with a browser on another machine: awsexec login dev --browser true --remote")
	w.refuse(exitFailed, "", []string{"login", "dev", "--remote"}, `error: sso-session "corp": no answer in time`, "hint: sign in again: awsexec login dev --remote")
	if found, err := filepath.Glob(filepath.Join(w.home, "cache", "awsexec", "signins", "sso-*")); err != nil || len(found) > 0 {
		t.Errorf("left %v, %v", found, err)
	}
}
