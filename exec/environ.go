package exec

import (
	"runtime"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/credentials"
)

// Identity is the AWS identity of a child process.
type Identity struct {
	Credentials credentials.Plain // can be assigned from the SDK's aws.Credentials
	Region      string            // "" keeps the child's region variables
	Profile     string            // whose credentials these are, for shell prompts; "" if that is not known

	// Settings are variables that stand for settings of the profile: pairs of a
	// name and a value. Another awsexec in the child does not take them for the
	// user's; see Inherited.
	Settings [][2]string

	// Narrowing are the variables that hold the session policies of the credentials:
	// pairs of a name and a value. An awsexec in the child asks for the same.
	Narrowing [][2]string
}

// scrubbed lists the variables that could override the given identity, or that
// hold a secret which the child must not see. A final * matches any rest of a
// name. The list is never changed.
//
// It holds the variables that the AWS CLI, botocore, the Go SDK and the
// JavaScript SDK read to find credentials, and our own. The Go SDK also reads
// AWS_ACCESS_KEY and AWS_SECRET_KEY, botocore prefers AWS_SECURITY_TOKEN to
// AWS_SESSION_TOKEN, and boto 2 reads AWS_CREDENTIAL_FILE.
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
	"AWSEXEC_BACKUP_PASSPHRASE",
	"AWSEXEC_MFA_CODE",
	"AWSEXEC_CHAIN",
	"AWSEXEC_PROFILE",
	givenVar,
	settingsVar,
	"AWSEXEC_READ_ONLY",
	"AWSEXEC_POLICY",
	"AWSEXEC_POLICY_ARNS",
}

// Environ returns the environment of a child process with the identity id. It
// returns base without the variables that could lead an AWS SDK to other
// credentials and without settings of another profile, followed by the variables
// of id.
//
// Environ is a pure function. It keeps the order of base. If id has a region,
// it sets both AWS_REGION and AWS_DEFAULT_REGION, because botocore reads only
// the second and other SDKs prefer the first. Without a region it keeps both as
// they are in base. It sets AWS_CREDENTIAL_EXPIRATION for credentials that
// expire, so that botocore reports expired credentials as such.
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
	if id.Profile != "" {
		set = append(set, [2]string{givenVar, given("AWS_ACCESS_KEY_ID", c.AccessKeyID, id.Narrowing)})
	}
	if c.CanExpire {
		set = append(set, [2]string{"AWS_CREDENTIAL_EXPIRATION", c.Expires.UTC().Format(time.RFC3339)})
	}

	set = append(set, id.Narrowing...)
	return append(replaced(base, id.Region, without(scrubbed, base, id.Settings), set), assignments(id.Settings)...)
}

// replaced returns base without the variables that drop matches, followed by
// the variables of set that are not empty. If region is not empty, it drops the
// region variables of base too; set must hold the new ones.
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

// matches reports whether name matches one of patterns. A final * in a pattern
// matches any rest.
func matches(patterns []string, name string) bool {
	if runtime.GOOS == "windows" {
		name = strings.ToUpper(name) // Windows ignores case in names of variables
	}
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(name, prefix) || p == name {
			return true
		}
	}
	return false
}
