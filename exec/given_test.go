package exec

import (
	"testing"

	"github.com/awsexec/awsexec/internal/credentials"
)

// Credentials that a child was given are those of its profile, until somebody puts
// others in their place.
func TestGivenBy(t *testing.T) {
	keys := Environ(nil, Identity{Credentials: credentials.Plain{AccessKeyID: "ASIA1", SecretAccessKey: "S3CR3TMARKER"}, Profile: "work"})
	endpoint := EnvironOf(nil, Endpoint{URL: "http://127.0.0.1:1/", Token: "t", Profile: "work"})
	nobody := Environ(nil, Identity{Credentials: credentials.Plain{AccessKeyID: "ASIA1", SecretAccessKey: "S3CR3TMARKER"}})
	for _, tt := range []struct {
		name    string
		environ []string
		want    string
	}{
		{"keys", keys, "work"},
		{"an endpoint", endpoint, "work"},
		{"other keys", append(keys[:len(keys):len(keys)], "AWS_ACCESS_KEY_ID=ASIA2"), ""},
		{"another endpoint", append(endpoint[:len(endpoint):len(endpoint)], "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:2/"), ""},
		{"keys in place of an endpoint", append(endpoint[:len(endpoint):len(endpoint)], "AWS_ACCESS_KEY_ID=ASIA1"), ""},
		{"no keys any more", []string{"AWSEXEC_PROFILE=work", "AWSEXEC_GIVEN=AWS_ACCESS_KEY_ID:8eee7128"}, ""},
		{"of a profile that is not known", nobody, ""},
		{"nothing", nil, ""},
	} {
		if got := GivenBy(tt.environ); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
