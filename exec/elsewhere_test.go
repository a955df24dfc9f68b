package exec

import (
	"slices"
	"testing"
)

// A program elsewhere gets the way to the endpoint, no token, and nothing that would
// lead it to other credentials.
func TestElsewhere(t *testing.T) {
	e := Endpoint{
		URL: "http://127.0.0.1:1/", Token: "secret", TokenFile: "/d/token", ConfigFile: "/d/config", CredentialsFile: "/d/credentials",
		Region: "r", Profile: "p", Settings: [][2]string{{"AWS_MAX_ATTEMPTS", "2"}, {"AWS_CA_BUNDLE", "/here"}},
		Narrowing: [][2]string{{"AWSEXEC_READ_ONLY", "1"}},
	}
	set, unset := e.Elsewhere()
	want := [][2]string{
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/"}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/d/token"}, {"AWS_REGION", "r"},
		{"AWS_DEFAULT_REGION", "r"}, {"AWS_CONFIG_FILE", "/d/config"}, {"AWS_SHARED_CREDENTIALS_FILE", "/d/credentials"}, {"AWSEXEC_PROFILE", "p"},
		{"AWSEXEC_GIVEN", given("AWS_CONTAINER_CREDENTIALS_FULL_URI", e.URL, e.Narrowing)}, {"AWSEXEC_READ_ONLY", "1"}, {"AWS_MAX_ATTEMPTS", "2"},
	}
	if !slices.Equal(set, want) {
		t.Errorf("set %q", set)
	}
	for _, name := range []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		if !slices.Contains(unset, name) {
			t.Errorf("%s stays", name)
		}
	}
}
