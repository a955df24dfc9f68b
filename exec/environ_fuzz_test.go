package exec

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/credentials"
)

// FuzzEnviron checks that the child gets the given identity, no other identity,
// and an otherwise unchanged environment.
func FuzzEnviron(f *testing.F) {
	f.Add("PATH=/bin\nAWS_PROFILE=x\nAWS_SESSION_TOKEN=S3CR3TMARKER\nAWS_REGION=r", "eu-west-1", "work", "token")
	f.Add("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://x\nAWSEXEC_PASSPHRASE=S3CR3TMARKER\n=x\ny\nAWS_ACCESS_KEY_ID", "", "", "")
	f.Add("A=1\nA=2\nAWS_PROFILES=x\nAWSEXEC_KEYSTORE=file", "r", "", "t")
	f.Fuzz(func(t *testing.T, baseText, region, profile, token string) {
		base := strings.Split(baseText, "\n")
		before := slices.Clone(base)
		c := credentials.Plain{AccessKeyID: "ASIA", SecretAccessKey: "secret", SessionToken: token, CanExpire: token != "", Expires: time.Unix(1767323045, 0)}
		env := Environ(base, Identity{Credentials: c, Region: region, Profile: profile})
		if !slices.Equal(base, before) {
			t.Fatal("Environ changed base")
		}

		want := map[string]string{"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": token, "AWSEXEC_PROFILE": profile}
		if profile != "" {
			want[givenVar] = mark("AWS_ACCESS_KEY_ID", "ASIA")
		}
		if region != "" {
			want["AWS_REGION"], want["AWS_DEFAULT_REGION"] = region, region
		}
		if c.CanExpire {
			want["AWS_CREDENTIAL_EXPIRATION"] = "2026-01-02T03:04:05Z"
		}
		var kept []string
		for _, kv := range env {
			name, value, ok := strings.Cut(kv, "=")
			given, ours := want[name]
			switch {
			case !ok:
				kept = append(kept, kv)
			case ours && given == value && given != "":
				delete(want, name) // a second one is an error
			case ours, matches(scrubbed, name):
				t.Fatalf("the child must not have %s", name)
			default:
				kept = append(kept, kv)
			}
		}
		for name, value := range want {
			if value != "" {
				t.Fatalf("the child lacks %s", name)
			}
		}
		kept = slices.DeleteFunc(kept, func(kv string) bool { return !slices.Contains(base, kv) })
		rest := slices.DeleteFunc(base, func(kv string) bool {
			name, _, ok := strings.Cut(kv, "=")
			return ok && (matches(scrubbed, name) || region != "" && (name == "AWS_REGION" || name == "AWS_DEFAULT_REGION"))
		})
		if !slices.Equal(kept, rest) {
			t.Fatalf("the rest of the environment is %q, want %q", kept, rest)
		}
	})
}
