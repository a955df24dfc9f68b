package exec

import (
	"slices"
	"testing"
)

func TestEnvironOf(t *testing.T) {
	base := []string{
		"A=1", "AWS_PROFILE=x", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_SESSION_TOKEN=x", "AWS_CREDENTIAL_EXPIRATION=x",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://x", "AWS_CONTAINER_AUTHORIZATION_TOKEN=x",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/x", "AWS_WEB_IDENTITY_TOKEN_FILE=/x", "AWS_ROLE_ARN=x", "AWS_CONFIG_FILE=/x",
		"AWS_SHARED_CREDENTIALS_FILE=/x", "AWSEXEC_PASSPHRASE=x", "AWSEXEC_PROFILE=x", "AWS_REGION=r", "AWS_CA_BUNDLE=/ca", "Z=26",
	}
	before := slices.Clone(base)
	for _, tt := range []struct {
		region string
		want   []string
	}{
		{"eu-west-1", []string{"A=1", "AWS_CA_BUNDLE=/ca", "Z=26",
			"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN=t", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1",
			"AWS_CONFIG_FILE=/c", "AWS_SHARED_CREDENTIALS_FILE=/s", "AWSEXEC_PROFILE=work", "AWSEXEC_GIVEN=AWS_CONTAINER_CREDENTIALS_FULL_URI:02310042"}},
		{"", []string{"A=1", "AWS_REGION=r", "AWS_CA_BUNDLE=/ca", "Z=26",
			"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN=t",
			"AWS_CONFIG_FILE=/c", "AWS_SHARED_CREDENTIALS_FILE=/s", "AWSEXEC_PROFILE=work", "AWSEXEC_GIVEN=AWS_CONTAINER_CREDENTIALS_FULL_URI:02310042"}},
	} {
		e := Endpoint{URL: "http://127.0.0.1:1/", Token: "t", ConfigFile: "/c", CredentialsFile: "/s", Region: tt.region, Profile: "work"}
		if got := EnvironOf(base, e); !slices.Equal(got, tt.want) {
			t.Errorf("got\n%q\nwant\n%q", got, tt.want)
		}
	}
	if !slices.Equal(base, before) {
		t.Error("EnvironOf changed base")
	}
}

// A program that is not our child gets the way to the endpoint, the region and the
// settings.
func TestEndpointVariables(t *testing.T) {
	e := Endpoint{URL: "http://127.0.0.1:1/", Token: "t", TokenFile: "/t", Settings: [][2]string{{"AWS_MAX_ATTEMPTS", "2"}}}
	want := [][2]string{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/"}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "t"}}
	if got := e.Variables(); !slices.Equal(got, append(slices.Clone(want), e.Settings...)) {
		t.Errorf("got %q", got)
	}
	e.Region = "r"
	if got := e.Variables(); !slices.Equal(got, append(want, [2]string{"AWS_REGION", "r"}, [2]string{"AWS_DEFAULT_REGION", "r"}, e.Settings[0])) {
		t.Errorf("got %q", got)
	}
}
