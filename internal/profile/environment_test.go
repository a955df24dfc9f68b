package profile

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestEnvironmentPrecedence(t *testing.T) {
	p := &Profile{Region: "file", CABundle: "file", EndpointURL: "global", STSEndpointURL: "service", IAMEndpointURL: "iam"}
	ignoring := &Profile{EndpointURL: "global", IgnoreConfiguredEndpointURLs: true}
	for _, c := range []struct{ name, got, want string }{
		{"name: flag", Name("flag", env("AWS_PROFILE=a")), "flag"},
		{"name: AWS_PROFILE", Name("", env("AWS_PROFILE=a", "AWS_DEFAULT_PROFILE=b")), "a"},
		{"name: AWS_DEFAULT_PROFILE", Name("", env("AWS_PROFILE=", "AWS_DEFAULT_PROFILE=b")), "b"},
		{"name: default", Name("", noEnv), "default"},
		{"region: flag", Region("flag", env("AWS_REGION=a"), p), "flag"},
		{"region: AWS_REGION", Region("", env("AWS_REGION=a", "AWS_DEFAULT_REGION=b"), p), "a"},
		{"region: AWS_DEFAULT_REGION", Region("", env("AWS_DEFAULT_REGION=b"), p), "b"},
		{"region: profile", Region("", noEnv, p), "file"},
		{"bundle: variable", CABundle(env("AWS_CA_BUNDLE=a"), p), "a"},
		{"bundle: profile", CABundle(noEnv, p), "file"},
		{"endpoint: service variable", STSEndpoint(env("AWS_ENDPOINT_URL_STS=a", "AWS_ENDPOINT_URL=b"), p), "a"},
		{"endpoint: variable", STSEndpoint(env("AWS_ENDPOINT_URL=b"), p), "b"},
		{"endpoint: services", STSEndpoint(noEnv, p), "service"},
		{"endpoint: profile", STSEndpoint(noEnv, &Profile{EndpointURL: "global"}), "global"},
		{"iam endpoint: service variable", IAMEndpoint(env("AWS_ENDPOINT_URL_IAM=a", "AWS_ENDPOINT_URL_STS=x", "AWS_ENDPOINT_URL=b"), p), "a"},
		{"iam endpoint: variable", IAMEndpoint(env("AWS_ENDPOINT_URL_STS=x", "AWS_ENDPOINT_URL=b"), p), "b"},
		{"iam endpoint: services", IAMEndpoint(env("AWS_ENDPOINT_URL_STS=x"), p), "iam"},
		{"iam endpoint: ignored", IAMEndpoint(env("AWS_ENDPOINT_URL_IAM=a"), ignoring), ""},
		{"sso endpoint: service variable", SSOEndpoint(env("AWS_ENDPOINT_URL_SSO=a", "AWS_ENDPOINT_URL=b"), p), "a"},
		{"sso endpoint: services", SSOEndpoint(env("AWS_ENDPOINT_URL_SSO_OIDC=x"), &Profile{SSOEndpointURL: "sso", EndpointURL: "global"}), "sso"},
		{"oidc endpoint: service variable", SSOOIDCEndpoint(env("AWS_ENDPOINT_URL_SSO_OIDC=a", "AWS_ENDPOINT_URL_SSO=x"), p), "a"},
		{"oidc endpoint: services", SSOOIDCEndpoint(noEnv, &Profile{SSOOIDCEndpointURL: "oidc"}), "oidc"},
		{"oidc endpoint: profile", SSOOIDCEndpoint(noEnv, p), "global"},
		{"signin endpoint: service variable", SigninEndpoint(env("AWS_ENDPOINT_URL_SIGNIN=a"), p), "a"},
		{"signin endpoint: services", SigninEndpoint(noEnv, &Profile{SigninEndpointURL: "signin"}), "signin"},
		{"signin endpoint: ignored", SigninEndpoint(env("AWS_ENDPOINT_URL_SIGNIN=a"), ignoring), ""},
		{"login cache", LoginCache(env("AWS_LOGIN_CACHE_DIRECTORY=~/$X", "X=y"), "/home"), "/home/y"},
		{"login cache: none", LoginCache(noEnv, "/home"), ""},
		{"endpoint: ignored by variable", STSEndpoint(env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True", "AWS_ENDPOINT_URL_STS=a"), p), ""},
		{"endpoint: ignored by profile", STSEndpoint(env("AWS_ENDPOINT_URL_STS=a"), ignoring), ""},
		{"endpoint: variable over profile", STSEndpoint(env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false"), ignoring), "global"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestEndpointSwitches(t *testing.T) {
	p := &Profile{UseFIPS: aws.FIPSEndpointStateEnabled, UseDualStack: aws.DualStackEndpointStateDisabled}
	if got, err := FIPS(noEnv, p); got != aws.FIPSEndpointStateEnabled || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := FIPS(env("AWS_USE_FIPS_ENDPOINT=FALSE"), p); got != aws.FIPSEndpointStateDisabled || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := DualStack(env("AWS_USE_DUALSTACK_ENDPOINT=True"), p); got != aws.DualStackEndpointStateEnabled || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := FIPS(env("AWS_USE_FIPS_ENDPOINT=1"), p); err == nil {
		t.Error("1 is taken for true or false")
	}
	if _, err := DualStack(env("AWS_USE_DUALSTACK_ENDPOINT=yes"), p); err == nil {
		t.Error("yes is taken for true or false")
	}
}

func TestSelfProcess(t *testing.T) {
	const self = "/opt/tools/my-exec"
	for _, c := range []struct {
		command, profile string
		ok               bool
	}{
		{"awsexec", "", true},
		{"awsexec -p dev", "dev", true},
		{"awsexec -pdev", "dev", true},
		{"awsexec --profile dev", "dev", true},
		{"awsexec --profile=dev --no-prompt", "dev", true},
		{"awsexec --duration 1h --profile dev --region=x --keystore file --debug", "dev", true},
		{`/usr/local/bin/awsexec -p "a b"`, "a b", true},
		{`"/Program Files/awsexec" -p 'R&D'`, "R&D", true},
		{"awsexec\n-p dev", "", false},
		{`"C:\Program Files (x86)\awsexec\awsexec.exe" --profile dev`, "dev", true},
		{`C:\tools\AwsExec.EXE -p "a b"`, "a b", true},
		{self + " -p dev", "dev", true},
		{"my-exec -p dev", "", false},
		{"", "", false},
		{"awsexec export --format process", "", false},
		{"awsexec -p dev export", "", false},
		{"awsexec -p dev -- env", "", false},
		{"awsexec -p", "", false},
		{"sh -c 'awsexec -p dev'", "", false},
		{"env A=b awsexec -p dev", "", false},
		{"awsexec -p dev | cat", "", false},
		{"awsexec -p dev; true", "", false},
		{`awsexec -p "$PROFILE"`, "", false},
		{`awsexec -p '$x'`, "$x", true},
		{"awsexec-other -p dev", "", false},
		{`awsexec -p "dev`, "", false},
		{"/home/awsexec/bin/other", "", false},
	} {
		profile, ok := SelfProcess(c.command, self)
		if profile != c.profile || ok != c.ok {
			t.Errorf("%s: got %q, %t, want %q, %t", c.command, profile, ok, c.profile, c.ok)
		}
	}
}
