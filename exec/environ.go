package exec

import (
	"runtime"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/credentials"
)

// Identity is what a child process gets to know of AWS.
type Identity struct {
	Credentials credentials.Plain
	Region      string // "" leaves the region variables of the child alone
	Profile     string // the profile's name, for shell prompts
}

// scrubbed are the variables that would let another identity win over the one given, or carry a secret that is not the child's.
//
// They are those that the AWS CLI, botocore, the Go and the JavaScript SDK read on the way to credentials, and our own.
// AWS_ACCESS_KEY and AWS_SECRET_KEY are read by the Go SDK, AWS_SECURITY_TOKEN by botocore (before AWS_SESSION_TOKEN),
// AWS_CREDENTIAL_FILE by boto 2. A final * stands for any rest. Nobody changes it.
var scrubbed = []string{
	"AWS_PROFILE",
	"AWS_DEFAULT_PROFILE",
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_ACCESS_KEY",
	"AWS_SECRET_KEY",
	"AWS_SECURITY_TOKEN",
	"AWS_CREDENTIAL_FILE",
	"AWS_CREDENTIAL_EXPIRATION",
	"AWS_ACCOUNT_ID",
	"AWS_ROLE_ARN",
	"AWS_ROLE_SESSION_NAME",
	"AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_*",
	"AWSEXEC_PASSPHRASE",
	"AWSEXEC_NEW_PASSPHRASE",
	"AWSEXEC_MFA_CODE",
	"AWSEXEC_CHAIN",
	"AWSEXEC_PROFILE",
}

// Environ returns the environment of a child process: base without every variable that could lead an AWS SDK to
// other credentials, and with those of id.
//
// It is a pure function; the order of what stays in base is kept. AWS_REGION and AWS_DEFAULT_REGION are both set when there is a
// region, because botocore reads only the second and other SDKs prefer the first, and are left alone when there is none.
// AWS_CREDENTIAL_EXPIRATION is set for credentials that expire: botocore then reports expired credentials as such.
func Environ(base []string, id Identity) []string {
	c := id.Credentials
	set := [][2]string{
		{"AWS_ACCESS_KEY_ID", c.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", c.SecretAccessKey},
		{"AWS_SESSION_TOKEN", c.SessionToken},
		{"AWS_ACCOUNT_ID", c.AccountID},
		{"AWS_REGION", id.Region},
		{"AWS_DEFAULT_REGION", id.Region},
		{"AWSEXEC_PROFILE", id.Profile},
	}
	if c.CanExpire {
		set = append(set, [2]string{"AWS_CREDENTIAL_EXPIRATION", c.Expires.UTC().Format(time.RFC3339)})
	}

	return replaced(base, id.Region, scrubbed, set)
}

// replaced is base without what drop names, and then with those variables of set that are not empty. Where there is a region, which
// set then has, those of base are dropped too.
func replaced(base []string, region string, drop []string, set [][2]string) []string {
	if region != "" {
		drop = append([]string{"AWS_REGION", "AWS_DEFAULT_REGION"}, drop...)
	}
	env := make([]string, 0, len(base)+len(set))
	for _, kv := range base {
		if name, _, ok := strings.Cut(kv, "="); !ok || !matches(drop, name) {
			env = append(env, kv)
		}
	}
	for _, kv := range set {
		if kv[1] != "" {
			env = append(env, kv[0]+"="+kv[1])
		}
	}
	return env
}

// matches says whether name is one of patterns, where a final * stands for any rest.
func matches(patterns []string, name string) bool {
	if runtime.GOOS == "windows" {
		name = strings.ToUpper(name) // Windows does not tell case in names of variables
	}
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(name, prefix) || p == name {
			return true
		}
	}
	return false
}
