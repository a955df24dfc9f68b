package provider

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/profile"
)

// The account that is written beside a key is that of its sessions, whatever the cache
// holds, and a role has its own. Nobody checks it, as in the SDKs.
func TestAccount(t *testing.T) {
	const written, role = "999999999999", "123456789012"
	key := aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: secret}
	inFiles := key
	inFiles.AccountID = written
	server, o := roles(t)
	o.Helper = &helper{code: noCode, process: func(_ context.Context, command string, _ []string) (aws.Credentials, error) {
		if command == "says" {
			return inFiles, nil
		}
		return key, nil
	}}
	stored := o.Keys
	for _, tt := range []struct {
		name    string
		profile *profile.Profile
		keys    Keys
		env     map[string]string
		want    string
	}{
		{"stored key", &profile.Profile{Name: "work", AccountID: written}, stored, nil, written},
		{"stored key, nothing written", &profile.Profile{Name: "work"}, stored, nil, ""},
		{"key in the files", &profile.Profile{Name: "files", Static: &profile.StaticKeys{Credentials: inFiles}}, memory{}, nil, written},
		{"key in one file, account in the other", &profile.Profile{Name: "files", Static: &profile.StaticKeys{Credentials: key}, AccountID: written}, memory{}, nil, written},
		{"key in the environment, account of a profile", &profile.Profile{Name: "default", AccountID: written}, memory{},
			map[string]string{"AWS_ACCESS_KEY_ID": aliceID, "AWS_SECRET_ACCESS_KEY": secret}, ""},
		{"key in the environment", &profile.Profile{Name: "default"}, memory{},
			map[string]string{"AWS_ACCESS_KEY_ID": aliceID, "AWS_SECRET_ACCESS_KEY": secret, "AWS_ACCOUNT_ID": written}, written},
		{"process that says it", &profile.Profile{Name: "tool", CredentialProcess: "says"}, memory{}, nil, written},
		{"process that does not", &profile.Profile{Name: "tool", CredentialProcess: "tool", AccountID: written}, memory{}, nil, written},
		{"role", one(), stored, nil, role},
		{"another variable", &profile.Profile{Name: "work"}, stored, map[string]string{"AWS_ACCOUNT_ID": written}, ""},
	} {
		for _, noSession := range []bool{false, false, true} { // the second one comes from the cache
			o.Keys, o.NoSession = tt.keys, noSession
			o.Env = func(name string) string { return tt.env[name] }
			c, err := retrieve(t, tt.profile, o)
			if err != nil || c.AccountID != tt.want {
				t.Errorf("%s, no session %t: account %q, %v", tt.name, noSession, c.AccountID, err)
			}
		}
	}
	if n := server.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d sessions were made", n)
	}
}
