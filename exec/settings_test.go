package exec

import (
	"slices"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/credentials"
)

// settingsOf returns a child's variables but for its credentials and the marks.
func settingsOf(env []string) []string {
	return slices.DeleteFunc(env, func(kv string) bool {
		return strings.HasPrefix(kv, "AWS_ACCESS") || strings.HasPrefix(kv, "AWS_SECRET") || strings.HasPrefix(kv, settingsVar)
	})
}

// A child gets the settings of its profile in place of empty variables. A child of
// another profile, started by it, gets those of that profile only, and the user's.
func TestSettings(t *testing.T) {
	c := credentials.Plain{AccessKeyID: "ASIA", SecretAccessKey: "S3CR3TMARKER"}
	base := []string{"A=1", "AWS_ENDPOINT_URL=", "AWS_MAX_ATTEMPTS=3"}
	outer := Environ(base, Identity{Credentials: c, Settings: [][2]string{{"AWS_REGION", "eu-west-1"}, {"AWS_ENDPOINT_URL", "http://a b"}, {"AWS_PAGER", ""}}})
	if got := settingsOf(slices.Clone(outer)); !slices.Equal(got, []string{"A=1", "AWS_MAX_ATTEMPTS=3", "AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=http://a b", "AWS_PAGER="}) {
		t.Errorf("the child has %q", got)
	}
	changed := append(slices.Clone(outer), "AWS_CA_BUNDLE=/ca")
	changed[slices.Index(changed, "AWS_REGION=eu-west-1")] = "AWS_REGION=us-east-1"
	if got := Inherited(changed); !slices.Equal(got, [][2]string{{"AWS_ENDPOINT_URL", "http://a b"}, {"AWS_PAGER", ""}}) {
		t.Errorf("inherited are %q", got)
	}
	want := []string{"A=1", "AWS_MAX_ATTEMPTS=3", "AWS_REGION=us-east-1", "AWS_CA_BUNDLE=/ca", "AWS_RETRY_MODE=standard"}
	inner := Environ(changed, Identity{Credentials: c, Settings: [][2]string{{"AWS_RETRY_MODE", "standard"}}})
	if got := settingsOf(slices.Clone(inner)); !slices.Equal(got, want) {
		t.Errorf("the inner child has %q, want %q", got, want)
	}
	if got := Inherited(inner); !slices.Equal(got, [][2]string{{"AWS_RETRY_MODE", "standard"}}) {
		t.Errorf("inherited from the inner one are %q", got)
	}
	if got := settingsOf(EnvironRenewing(outer, Renewal{})); !slices.Equal(got, []string{"A=1", "AWS_MAX_ATTEMPTS=3", "AWS_SDK_LOAD_CONFIG=1"}) {
		t.Errorf("with a profile the inner child has %q", got)
	}
	served := EnvironOf(outer, Endpoint{TokenFile: "/t", Settings: [][2]string{{"AWS_CA_BUNDLE", "/ca"}}})
	if got := settingsOf(served); !slices.Equal(got, []string{"A=1", "AWS_MAX_ATTEMPTS=3", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/t", "AWS_CA_BUNDLE=/ca"}) {
		t.Errorf("with an endpoint the inner child has %q", got)
	}
}

// A variable that only looks like a mark means nothing.
func TestInheritedNothing(t *testing.T) {
	for _, environ := range [][]string{nil, {"A=1"}, {"AWS_REGION=x", settingsVar + "="}, {"AWS_REGION=x", settingsVar + "=AWS_REGION"}, {"AWS_REGION=x", "X" + settingsVar + "=" + mark("AWS_REGION", "x")}} {
		if got := Inherited(environ); got != nil {
			t.Errorf("%q: %q", environ, got)
		}
	}
}
