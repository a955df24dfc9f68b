package provider

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

// Web identity is that of the profile, or that of the environment if the profile has
// nothing but a region.
func TestWebIdentity(t *testing.T) {
	server := startSTS(t)
	const role, issuer = "arn:aws:iam::123456789012:role/pod", "arn:aws:iam::123456789012:oidc-provider/issuer.example"
	if err := server.AddRole(ststest.Role{ARN: role, Trust: []string{issuer}}); err != nil {
		t.Fatal(err)
	}
	server.AddWebIdentity(ststest.WebIdentity{Token: "S3CR3TMARKERjwt", Provider: issuer})
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("S3CR3TMARKERjwt"), 0o600); err != nil {
		t.Fatal(err)
	}
	regionAlone := &profile.Profile{Name: "default", Region: "eu-west-1", Origin: map[string]awsini.Pos{"region": {File: "config", Line: 2}}}
	for _, tt := range []struct {
		name    string
		profile *profile.Profile
		env     map[string]string
		as, err string
	}{
		{"profile", &profile.Profile{Name: "web", WebIdentityTokenFile: file, RoleARN: role, RoleSessionName: "job"}, nil, "pod/job", ""},
		{"environment", regionAlone, map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": role}, "pod/awsexec", ""},
		{"profile before environment", &profile.Profile{Name: "web", WebIdentityTokenFile: file, RoleARN: role},
			map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "gone", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/other"}, "pod/awsexec", ""},
		{"no role", &profile.Profile{Name: "web", WebIdentityTokenFile: file}, nil, "", "role_arn is missing"},
		{"no role in the environment", regionAlone, map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": file}, "", "AWS_ROLE_ARN is not"},
		{"no token", &profile.Profile{Name: "web", WebIdentityTokenFile: file + "x", RoleARN: role}, nil, "", "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, server)
			o.Keys = memory{}
			o.Env = func(name string) string { return tt.env[name] }
			c, err := retrieve(t, tt.profile, o)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			id, err := o.Client.WhoAmI(t.Context(), c)
			if err != nil || id.ARN != "arn:aws:sts::123456789012:assumed-role/"+tt.as || c.AccountID != "123456789012" {
				t.Errorf("AWS takes us for %v in account %s, error %v", id, c.AccountID, err)
			}
		})
	}
}

// A long-term key from a process gets a session with the MFA device that the role's
// profile names.
func TestRoleOfProcess(t *testing.T) {
	server, o := roles(t)
	o.Helper = &helper{code: func(context.Context, TokenRequest) (TokenCode, error) {
		return TokenCode{ststest.TOTP(seed, time.Now()), FromHuman}, nil
	}, process: func(context.Context, string, []string) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: secret}, nil
	}}
	p := one()
	p.MFASerial = device
	p.Source = &profile.Profile{Name: "vault", CredentialProcess: "vault-helper"}
	p.SourceProfile = "vault"
	if _, err := retrieve(t, p, o); err != nil {
		t.Fatal(err)
	}
	calls(t, server, 1, 1)
	if got := server.Requests()[0].Params.Get("SerialNumber"); got != device {
		t.Errorf("the session was made with device %q, want %s", got, device)
	}
}
