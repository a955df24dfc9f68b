package exec

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestEnviron(t *testing.T) {
	session := aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKERsecret", SessionToken: "S3CR3TMARKERtoken",
		AccountID: "123456789012", CanExpire: true, Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	longTerm := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKERsecret"}
	given := []string{
		"AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE",
		"AWS_SECRET_ACCESS_KEY=S3CR3TMARKERsecret",
		"AWS_SESSION_TOKEN=S3CR3TMARKERtoken",
		"AWS_ACCOUNT_ID=123456789012",
	}
	for _, tt := range []struct {
		name string
		base []string
		id   Identity
		want []string
	}{
		{
			"a clean environment",
			[]string{"PATH=/bin", "HOME=/h"},
			Identity{session, "eu-west-1", "work", nil, nil},
			slices.Concat([]string{"PATH=/bin", "HOME=/h"}, given,
				[]string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "AWSEXEC_PROFILE=work", "AWSEXEC_GIVEN=AWS_ACCESS_KEY_ID:8eee7128", "AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z"}),
		},
		{
			"other identities are dropped",
			[]string{
				"A=1", "AWS_PROFILE=x", "AWS_DEFAULT_PROFILE=x", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_SESSION_TOKEN=x",
				"AWS_SECURITY_TOKEN=x", "AWS_ACCESS_KEY=x", "AWS_SECRET_KEY=x", "AWS_CREDENTIAL_FILE=x", "AWS_CREDENTIAL_EXPIRATION=x",
				"AWS_ACCOUNT_ID=x", "AWS_ROLE_ARN=x", "AWS_ROLE_SESSION_NAME=x", "AWS_WEB_IDENTITY_TOKEN_FILE=x",
				"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=x", "AWS_CONTAINER_CREDENTIALS_FULL_URI=x", "AWS_CONTAINER_AUTHORIZATION_TOKEN=x",
				"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=x", "AWSEXEC_PASSPHRASE=x", "AWSEXEC_NEW_PASSPHRASE=x", "AWSEXEC_MFA_CODE=x", "AWSEXEC_CHAIN=x", "AWSEXEC_PROFILE=x", "AWSEXEC_GIVEN=x",
				"AWS_REGION=x", "AWS_DEFAULT_REGION=x", "Z=26",
			},
			Identity{longTerm, "us-gov-west-1", "gov", nil, nil},
			[]string{"A=1", "Z=26", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=S3CR3TMARKERsecret",
				"AWS_REGION=us-gov-west-1", "AWS_DEFAULT_REGION=us-gov-west-1", "AWSEXEC_PROFILE=gov", "AWSEXEC_GIVEN=AWS_ACCESS_KEY_ID:96bca470"},
		},
		{
			"everything else is kept",
			[]string{"AWS_CA_BUNDLE=/ca.pem", "AWS_CONFIG_FILE=/c", "AWS_SHARED_CREDENTIALS_FILE=/s", "AWS_ENDPOINT_URL=http://x", "AWS_PAGER=",
				"AWS_EC2_METADATA_DISABLED=true", "AWSEXEC_KEYSTORE=file", "AWSEXEC_NO_PROMPT=1", "AWS_PROFILES=x", "XAWS_PROFILE=x", "noequals", "=C:=C:\\x", ""},
			Identity{longTerm, "", "w", nil, nil},
			[]string{"AWS_CA_BUNDLE=/ca.pem", "AWS_CONFIG_FILE=/c", "AWS_SHARED_CREDENTIALS_FILE=/s", "AWS_ENDPOINT_URL=http://x", "AWS_PAGER=",
				"AWS_EC2_METADATA_DISABLED=true", "AWSEXEC_KEYSTORE=file", "AWSEXEC_NO_PROMPT=1", "AWS_PROFILES=x", "XAWS_PROFILE=x", "noequals", "=C:=C:\\x", "",
				"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=S3CR3TMARKERsecret", "AWSEXEC_PROFILE=w", "AWSEXEC_GIVEN=AWS_ACCESS_KEY_ID:96bca470"},
		},
		{
			"without a region the region variables are kept",
			[]string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-2"},
			Identity{longTerm, "", "w", nil, nil},
			[]string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-2",
				"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=S3CR3TMARKERsecret", "AWSEXEC_PROFILE=w", "AWSEXEC_GIVEN=AWS_ACCESS_KEY_ID:96bca470"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(tt.base)
			got := Environ(tt.base, tt.id)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%q\nwant\n%q", got, tt.want)
			}
			if !slices.Equal(tt.base, before) {
				t.Error("Environ changed base")
			}
		})
	}
}
