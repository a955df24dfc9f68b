package cli

import (
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A wrong command line is answered with the one that was meant.
func TestMeant(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the lines are quoted for a Unix shell")
	}
	for _, c := range []struct{ typed, want string }{
		// aws-vault
		{"exec work -- aws s3 ls", "awsexec -p work -- aws s3 ls"},
		{"exec work aws s3 ls", "awsexec -p work -- aws s3 ls"},
		{"exec --duration=1h -n work -- terraform apply", "awsexec --duration 1h --no-session -p work -- terraform apply"},
		{"exec -d 1h --mfa-token 123456 work -- terraform apply", "AWSEXEC_MFA_CODE=123456 awsexec --duration 1h -p work -- terraform apply"},
		{"--backend file exec work -- sh -c 'a b'", "awsexec --keystore file -p work -- sh -c 'a b'"},
		{"exec --ecs-server work -- ./server", "awsexec -p work serve -- ./server"},
		{"exec work", "awsexec -p work -- CMD"},
		{"exec --json work", "awsexec -p work"},
		{"rm work", "awsexec remove work"},
		{"rm work old", "awsexec remove work old"},
		{"ls", "awsexec list"},
		{"signin work", "awsexec -p work login"},
		{"signout work", "awsexec -p work logout"},
		{"open work", "awsexec -p work console"},
		// granted
		{"assume work", `eval "$(awsexec -p work export --format env)"`},
		{"credentials add work", "awsexec add work"},
		{"credentials ls", "awsexec list"},
		{"sso login --profile work", "awsexec -p work login"},
		{"sso login --sso-session corp", "awsexec login --session corp"},
		{"sso logout", "awsexec logout"},
		{"sso generate --prune", "awsexec sso populate --prune"},
		{"sso poplate", "awsexec sso populate"},
		{"sso", "awsexec sso --help"},
		{"sso login --sso-start-url https://example.com/start", "awsexec login"},
		{"assume -c work -s s3", "awsexec -p work console --service s3"},
		{"assume work --exec 'aws s3 ls'", "awsexec -p work -- aws s3 ls"},
		{"assume work --exec -- aws s3 ls", "awsexec -p work -- aws s3 ls"},
		{"assume -c -r us-east-1 work", "awsexec --region us-east-1 -p work console"},
		{"configure set aws_secret_access_key S3CR3TMARKER --profile work", "awsexec add work"},
		{"--endpoint-url http://localhost:4566 s3 ls", "AWS_ENDPOINT_URL=http://localhost:4566 awsexec -- aws s3 ls"},
		{"assume --un", "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION"},
		{"cache clear", "awsexec clear"},
		{"sso-tokens clear", "awsexec logout"},
		// saml2aws
		{"script --shell bash -p work", `eval "$(awsexec export --format env)"`},
		{"list-roles", "awsexec list --tree"},
		{"populate", "awsexec sso populate"},
		// aws-sso-cli and aws-sso-util
		{"roles", "awsexec sso list"},
		{"sso ls", "awsexec sso list"},
		{"sso list-account-roles --session corp", "awsexec sso list --session corp"},
		{"sso configure", "awsexec sso populate"},
		{"credential-process --profile work", "awsexec -p work"},
		// aws-runas
		{"work aws s3 ls", "awsexec -p work -- aws s3 ls"},
		{"-r work -- aws s3 ls --recursive", "awsexec -p work -- aws s3 ls --recursive"},
		{"-M 123456 work aws s3 ls", "AWSEXEC_MFA_CODE=123456 awsexec -p work -- aws s3 ls"},
		// the AWS CLI, and no --
		{"-p work aws s3 ls --recursive", "awsexec -p work -- aws s3 ls --recursive"},
		{"--profile=work --region eu-west-1 aws s3 ls", "awsexec --region eu-west-1 -p work -- aws s3 ls"},
		{"s3 ls --profile work", "awsexec -p work -- aws s3 ls"},
		{"sts get-caller-identity --profile work", "awsexec -p work whoami"},
		{"configure --profile work", "awsexec add work --write-config"},
		{"configure", "awsexec add NAME --write-config"},
		{"configure list", "awsexec list --tree"},
		{"configure import --csv file://keys.csv", "awsexec add NAME --csv keys.csv"},
		{"configure export-credentials --profile work", "awsexec -p work"},
		{"configure get region --profile work", "aws configure get region --profile work"},
		{"configure sso", "aws configure sso"},
		{"aws --profile work s3 ls", "awsexec -p work -- aws s3 ls"},
		{"ecs list-clusters --profile work", "awsexec -p work -- aws ecs list-clusters"},
		{"elbv2 describe-load-balancers", "awsexec -- aws elbv2 describe-load-balancers"},
		// aws-sso-cli
		{"configure populate", "awsexec sso populate"},
		// help of what has another name
		{"exec --help", "awsexec --help"},
		{"rm -h", "awsexec remove --help"},
		{"exec -m 123456 work -- env", "awsexec -p work -- env"},
		// no name for anything
		{"work -- aws s3 ls", "awsexec -p work -- aws s3 ls"},
		{"'my work' -- true", "awsexec -p 'my work' -- true"},
		{"work", "awsexec -p work -- CMD"},
		{"aws s3 ls", "awsexec -- aws s3 ls"},
		{"lsit", "awsexec list"},
		{"--keystore file docter", "awsexec --keystore file doctor"},
		{"wrok -- env", "awsexec -p work -- env"},
		{"wrok env", "awsexec -p work -- env"},
		{"mfa work", "awsexec mfa --help"},
		{"mfa rm work", "awsexec mfa remove work"},
		{"keystore recipients new age1", "awsexec keystore recipients add age1"},
		{"print work", "awsexec -p work"},
		{"-p work --read-only aws s3 ls", "awsexec --read-only -p work -- aws s3 ls"},
		{"--profile=-x --policy-arn ReadOnlyAccess aws s3 ls", "awsexec --policy-arn ReadOnlyAccess --profile=-x -- aws s3 ls"},
		{"--pick aws s3 ls", "awsexec --pick -- aws s3 ls"},
		// a command under the name of a program
		{"-p work env FOO=1", "awsexec -p work -- env FOO=1"},
		{"env", `eval "$(awsexec export --format env)"`},
		{"env work", `eval "$(awsexec -p work export --format env)"`},
		{"terraform apply", "to run a program with credentials: awsexec -- terraform apply"},
	} {
		m := mistaken{
			commands: []string{"add", "list", "remove", "doctor", "whoami", "clear", "mfa", "mfa add", "mfa remove", "keystore", "keystore recipients", "keystore recipients add"},
			profiles: []string{"work", "my work"},
			inPath:   func(name string) bool { return name == "aws" || name == "env" },
		}
		var own []string
		own, m.child, m.hasChild = splitArgs(shellWords(c.typed))
		m.words = m.readFlags(own)
		if got := m.meant()[0]; normal(got) != normal(c.want) {
			t.Errorf("%s: %s, want %s", c.typed, got, c.want)
		}
	}
}

// shellWords splits a line at spaces that are not in single quotes.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return slices.Clone(words)
}

// normal returns a line with one kind of quotes.
func normal(line string) string { return strings.ReplaceAll(line, `"`, "'") }
