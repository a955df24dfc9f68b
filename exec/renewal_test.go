package exec

import (
	"slices"
	"testing"
)

func TestEnvironRenewing(t *testing.T) {
	dirty := []string{
		"A=1", "AWS_PROFILE=x", "AWS_DEFAULT_PROFILE=x", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_SESSION_TOKEN=x",
		"AWS_SECURITY_TOKEN=x", "AWS_ACCESS_KEY=x", "AWS_SECRET_KEY=x", "AWS_CREDENTIAL_FILE=x", "AWS_CREDENTIAL_EXPIRATION=x",
		"AWS_ACCOUNT_ID=x", "AWS_ROLE_ARN=x", "AWS_ROLE_SESSION_NAME=x", "AWS_WEB_IDENTITY_TOKEN_FILE=x",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=x", "AWS_CONTAINER_AUTHORIZATION_TOKEN=x", "AWSEXEC_PASSPHRASE=x", "AWSEXEC_MFA_CODE=x",
		"AWSEXEC_CHAIN=x", "AWSEXEC_PROFILE=x", "AWS_SDK_LOAD_CONFIG=0", "AMAZON_ACCESS_KEY_ID=x", "AMAZON_SECRET_ACCESS_KEY=x", "AWS_CONFIG_FILE=/c", "AWS_SHARED_CREDENTIALS_FILE=/s",
		"AWS_REGION=r", "AWS_ENDPOINT_URL_STS=http://x", "AWSEXEC_KEYSTORE=file", "AWSEXEC_DURATION=1h", "Z=26",
	}
	for _, tt := range []struct {
		name string
		r    Renewal
		want []string
	}{
		{"the user's own files", Renewal{Profile: "work"}, []string{
			"A=1", "AWS_CONFIG_FILE=/c", "AWS_SHARED_CREDENTIALS_FILE=/s", "AWS_ENDPOINT_URL_STS=http://x", "AWSEXEC_KEYSTORE=file",
			"AWSEXEC_DURATION=1h", "Z=26", "AWS_PROFILE=work", "AWS_SDK_LOAD_CONFIG=1", "AWSEXEC_PROFILE=work"}},
		{"a private config file", Renewal{Profile: "work", ConfigFile: "/p", Region: "eu-west-1"}, []string{
			"A=1", "AWS_SHARED_CREDENTIALS_FILE=/s", "AWS_ENDPOINT_URL_STS=http://x", "AWSEXEC_KEYSTORE=file", "AWSEXEC_DURATION=1h", "Z=26",
			"AWS_PROFILE=work", "AWS_CONFIG_FILE=/p", "AWS_SDK_LOAD_CONFIG=1", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "AWSEXEC_PROFILE=work"}},
		{"two private files", Renewal{Profile: "work", ConfigFile: "/p", CredentialsFile: "/q"}, []string{
			"A=1", "AWS_ENDPOINT_URL_STS=http://x", "AWSEXEC_KEYSTORE=file", "AWSEXEC_DURATION=1h", "Z=26",
			"AWS_PROFILE=work", "AWS_CONFIG_FILE=/p", "AWS_SHARED_CREDENTIALS_FILE=/q", "AWS_SDK_LOAD_CONFIG=1", "AWSEXEC_PROFILE=work"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(dirty)
			if got := EnvironRenewing(dirty, tt.r); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%q\nwant\n%q", got, tt.want)
			}
			if !slices.Equal(dirty, before) {
				t.Error("EnvironRenewing changed base")
			}
		})
	}
}
