package exec

import (
	"slices"
	"strings"
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

// An awsexec within knows to what its credentials are narrowed, unless somebody has
// changed one of the two since.
func TestGivenNarrowing(t *testing.T) {
	c := credentials.Plain{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKERsecret", SessionToken: "S3CR3TMARKERtoken"}
	narrowing := [][2]string{{"AWSEXEC_POLICY", `{"Statement":[]}`}, {"AWSEXEC_POLICY_ARNS", "a,b"}}
	base := []string{"AWSEXEC_READ_ONLY=1", "AWSEXEC_POLICY_ARNS=x", "A=1"}
	for name, test := range map[string]struct {
		environ   []string
		narrowing [][2]string
		known     bool
	}{
		"narrowed":         {Environ(base, Identity{Credentials: c, Profile: "work", Narrowing: narrowing}), narrowing, true},
		"by an endpoint":   {EnvironOf(base, Endpoint{URL: "http://127.0.0.1:1/", Profile: "work", Narrowing: narrowing}), narrowing, true},
		"wide":             {Environ(base, Identity{Credentials: c, Profile: "work"}), nil, true},
		"policy changed":   {append(Environ(base, Identity{Credentials: c, Profile: "work", Narrowing: narrowing}), "AWSEXEC_POLICY=x"), nil, false},
		"policy added":     {append(Environ(base, Identity{Credentials: c, Profile: "work", Narrowing: narrowing}), "AWSEXEC_READ_ONLY=1"), nil, false},
		"key changed":      {append(Environ(base, Identity{Credentials: c, Profile: "work", Narrowing: narrowing}), "AWS_ACCESS_KEY_ID=x"), nil, false},
		"nobody's":         {base, nil, false},
		"wide, then asked": {append(Environ(base, Identity{Credentials: c, Profile: "work"}), "AWSEXEC_READ_ONLY=1"), nil, true},
	} {
		got, known := GivenNarrowing(test.environ)
		if !slices.Equal(got, test.narrowing) || known != test.known {
			t.Errorf("%s: %q, %t", name, got, known)
		}
	}
	// What base has does not reach the child by itself.
	for _, kv := range EnvironRenewing(base, Renewal{Profile: "work"}) {
		if strings.HasPrefix(kv, "AWSEXEC_READ") || strings.HasPrefix(kv, "AWSEXEC_POL") {
			t.Errorf("the child has %s", kv)
		}
	}
}
