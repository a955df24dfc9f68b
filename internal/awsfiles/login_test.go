package awsfiles

import (
	"strings"
	"testing"
)

func TestAddLoginSession(t *testing.T) {
	const me = "arn:aws:iam::123456789012:user/me"
	for _, tt := range []struct{ name, data, region, want, err string }{
		{"an empty file", "", "eu-west-1", "[profile x]\nlogin_session = " + me + "\nregion = eu-west-1\n", ""},
		{"no region", "", "", "[profile x]\nlogin_session = " + me + "\n", ""},
		{"a profile with a region", "[profile x]\nregion = eu-north-1\n[profile y]\n", "eu-west-1", "[profile x]\nregion = eu-north-1\nlogin_session = " + me + "\n[profile y]\n", ""},
		{"the same", "[profile x]\nlogin_session = " + me + "\nregion = a\n", "eu-west-1", "[profile x]\nlogin_session = " + me + "\nregion = a\n", ""},
		{"somebody else", "[profile x]\nlogin_session = arn:aws:iam::123456789012:user/you\n", "", "", "login_session: is already there with another identity"},
		{"a role", "[profile x]\nrole_arn = r\n", "", "", "role_arn: does not go together with login_session"},
		{"a process", "[profile x]\ncredential_process = p\n", "", "", "credential_process: does not go together with login_session"},
		{"a sign-in", "[profile x]\nsso_session = s\n", "", "", "sso_session: does not go together with login_session"},
		{"a file that cannot be read", "[profile x\n", "", "", "config:1"},
	} {
		out, changed, err := AddLoginSession([]byte(tt.data), "config", "x", me, tt.region)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: got %v, want %s", tt.name, err, tt.err)
			}
		case err != nil || string(out) != tt.want || changed != (tt.want != tt.data):
			t.Errorf("%s: got %q, %v, %v", tt.name, out, changed, err)
		}
	}
	if _, _, err := AddLoginSession(nil, "config", "", me, ""); err == nil {
		t.Error("a profile without a name")
	}
}
