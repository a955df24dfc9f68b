package conceal

import (
	"slices"
	"strconv"
	"testing"
)

func TestRemove(t *testing.T) {
	const secret = `S3CR3TMARKER/"<a>\`
	var s Secrets
	if got := s.Remove(secret); got != secret {
		t.Errorf("without secrets: %q", got)
	}
	s.Add(func() []string { return []string{"other"} })
	s.Add(func() []string { return []string{secret} })
	for form, want := range map[string]string{
		secret:                           "x***/y ***",
		strconv.Quote(secret):            `x"***"/y ***`,
		`S3CR3TMARKER/\"\u003ca\u003e\\`: "x***/y ***",
	} {
		if got := s.Remove("x" + form + "/y other"); got != want {
			t.Errorf("%q became %q, want %q", form, got, want)
		}
	}
}

func TestEnviron(t *testing.T) {
	got := Environ([]string{
		"AWS_SECRET_ACCESS_KEY=S3CR3TMARKER/1", "aws_session_token=S3CR3TMARKER/2", "AWSEXEC_PASSPHRASE=S3CR3TMARKER/3",
		"HTTPS_PROXY=http://user:S3CR3TMARKER4@proxy:8080", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_REGION=eu-west-1", "HOME=/home/user",
	})
	for _, want := range []string{"S3CR3TMARKER/1", "S3CR3TMARKER/2", "S3CR3TMARKER/3", "S3CR3TMARKER4"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
	for _, harmless := range []string{"AKIAIOSFODNN7EXAMPLE", "eu-west-1", "/home/user"} {
		if slices.Contains(got, harmless) {
			t.Errorf("%q is among the secrets", harmless)
		}
	}
}

func TestRemoveLikely(t *testing.T) {
	for in, want := range map[string]string{
		"touch your key": "touch your key",
		"cannot read /usr/lib/python3/dist-packages/some/where/else/module.py": "cannot read /usr/lib/python3/dist-packages/some/where/else/module.py",
		"a_very_long_name_of_something_without_any_digit":                      "a_very_long_name_of_something_without_any_digit",
		"secret: S3CR3TMARKER/alice/xxxxxxxxxxxxxxxxxxxxx!":                    "secret: ***!",
		`{"SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1"}`:      `{"SecretAccessKey":"***"}`,
		"AKIAIOSFODNN7EXAMPLE": "AKIAIOSFODNN7EXAMPLE",
		// short ones, by what is said of them
		"login failed: user=me password=hunter&x=1":               "login failed: user=me password=***&x=1",
		`{"user": "me", "password": "s3cret"}`:                    `{"user": "me", "password": "***"}`,
		"Authorization: Bearer abc123.def":                        "Authorization: Bearer ***",
		"usage: tool --password hunter --user me":                 "usage: tool --password *** --user me",
		"client_secret='a b' refresh_token = x1":                  "client_secret='*** b' refresh_token = ***",
		"token: expired":                                          "token: expired",
		"AWS_WEB_IDENTITY_TOKEN_FILE=/run/token: no such file":    "AWS_WEB_IDENTITY_TOKEN_FILE=/run/token: no such file",
		"the password is wrong; try a secret token that is newer": "the password is wrong; try a secret token that is newer",
	} {
		if got := RemoveLikely(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
