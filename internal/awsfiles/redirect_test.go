package awsfiles

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

const secretText = "S3CR3TMARKER"

// dedent writes the files of a test: | stands for a line's start.
func dedent(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		if _, text, ok := strings.Cut(line, "|"); ok {
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

func redirected(t *testing.T, config, credentials string) Redirection {
	t.Helper()
	r, err := Redirect(profile.Files{Config: "config", Credentials: "credentials"}, []byte(config), []byte(credentials), "work", Lead{Command: "/bin/awsexec --profile work"},
		func(name string) string { return "/bin/awsexec --profile " + name })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRedirect(t *testing.T) {
	for _, tt := range []struct {
		name                string
		config, credentials string
		want, wantOther     string // wantOther "" is no copy
	}{
		{"no files", "", "", `
			|[profile work]
			|credential_process = /bin/awsexec --profile work`, ""},
		{"a role", `
			|# old secret = S3CR3TMARKER
			|[default]
			|region = eu-west-1
			|
			|[profile work]
			|role_arn = arn:aws:iam::123456789012:role/x
			|source_profile = base
			|mfa_serial = arn:aws:iam::123456789012:mfa/me
			|region = eu-west-2
			|s3 =
			|  addressing_style = path
			|services = local
			|[profile base]
			|credential_process = other
			|[services local]
			|sts =
			|  endpoint_url = http://localhost`, `
			|[unrelated]
			|aws_access_key_id = AKIAX
			|aws_secret_access_key = S3CR3TMARKER`, `
			|[default]
			|region = eu-west-1
			|
			|[profile work]
			|mfa_serial = arn:aws:iam::123456789012:mfa/me
			|region = eu-west-2
			|s3 =
			|  addressing_style = path
			|services = local
			|credential_process = /bin/awsexec --profile work
			|[profile base]
			|credential_process = other
			|[services local]
			|sts =
			|  endpoint_url = http://localhost`, ""},
		{"keys in both files, and those of others", `
			|[profile work]
			|aws_access_key_id = AKIAX
			|  AKIAY
			|aws_secret_access_key = S3CR3TMARKER
			|[profile plain]
			|AWS_SECRET_ACCESS_KEY: S3CR3TMARKER
			|[nobody]
			|aws_session_token = S3CR3TMARKER`, `
			|; aws_secret_access_key = S3CR3TMARKER
			|[work]
			|aws_access_key_id = AKIAX
			|region = x
			|[ci]
			|aws_access_key_id = AKIAX
			|aws_secret_access_key = S3CR3TMARKER
			|aws_session_token = S3CR3TMARKER
			|output = json`, `
			|[profile work]
			|credential_process = /bin/awsexec --profile work
			|[profile plain]
			|credential_process = /bin/awsexec --profile plain
			|[nobody]
			|
			|[profile ci]
			|credential_process = /bin/awsexec --profile ci`, `
			|[work]
			|region = x
			|[ci]
			|output = json`},
		{"another process in the credentials file", `
			|[profile work]
			|region = x`, `
			|[work]
			|credential_process = other`, `
			|[profile work]
			|region = x
			|credential_process = /bin/awsexec --profile work`, `
			|[work]`},
		{"keys where only other SDKs see them", `
			|[profile work]
			|region = x
			|  aws_secret_access_key = S3CR3TMARKER
			|    S3CR3TMARKER
			|  output = json`, "", `
			|[profile work]
			|region = x
			|  output = json
			|credential_process = /bin/awsexec --profile work`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := redirected(t, dedent(tt.config), dedent(tt.credentials))
			if got := string(r.Config); got != dedent(tt.want) {
				t.Errorf("the config file is\n%s", got)
			}
			if got := string(r.Credentials); got != dedent(tt.wantOther) || (tt.wantOther != "") != (r.Credentials != nil) {
				t.Errorf("the credentials file is\n%s", got)
			}
		})
	}
}

func TestRedirectRefuses(t *testing.T) {
	for _, config := range []string{"[DEFAULT]\nsource_profile = x\n", "[profile work\n", "[DEFAULT]\naws_secret_access_key = " + secretText + "\n"} {
		_, err := Redirect(profile.Files{Config: "config", Credentials: ""}, []byte(config), nil, "work", Lead{Command: "x"}, nil)
		if err == nil || strings.Contains(err.Error(), secretText) {
			t.Errorf("%q: %v", config, err)
		}
	}
	_, err := Redirect(profile.Files{Config: "config", Credentials: "credentials"}, nil, []byte("x"), "work", Lead{Command: "x"}, nil)
	if parse := (*awsini.ParseError)(nil); !errors.As(err, &parse) {
		t.Errorf("a broken credentials file: %v", err)
	}
}

// In copies of files of every layout no key is left, the command is the profile's
// only way to credentials, and the other profiles stay the same.
func TestRedirectKeepsTheRest(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	file := func(sections ...string) string {
		var b strings.Builder
		eol := pick("\n", "\r\n")
		for _, name := range sections {
			if rnd.IntN(4) == 0 {
				continue
			}
			b.WriteString(pick("", "# "+secretText+eol, eol) + "[" + name + "]" + eol)
			indent := pick("", "", "  ", "\t")
			keys := []string{"region", "role_arn", "source_profile", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "s3", "output",
				"credential_process", "sso_session", "mfa_serial"}
			rnd.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			for _, key := range keys[:rnd.IntN(len(keys))] {
				value := "v" + key
				if strings.HasPrefix(key, "aws_") {
					value = secretText
				}
				b.WriteString(indent + key + pick(" = ", "=", ": "))
				if key == "s3" {
					b.WriteString(eol + indent + "  a = b" + eol + indent + "  c = d" + eol)
					continue
				}
				b.WriteString(value + eol + pick("", "", eol, indent+"; "+secretText+eol, indent+"   more"+eol))
			}
		}
		return b.String()
	}
	for range 500 {
		config := file("default", "profile work", "profile a", `profile "b c"`, "a", "sso-session s")
		credentials := file("work", "a", "default", "x")
		r := redirected(t, config, credentials)
		show := fmt.Sprintf("of\n%s\n--\n%s\nis made\n%s\n--\n%s", config, credentials, r.Config, r.Credentials)
		if strings.Contains(string(r.Config)+string(r.Credentials), secretText) {
			t.Fatalf("a secret is left: %s", show)
		}
		before, after := both(t, config, credentials), both(t, string(r.Config), credentials)
		if r.Credentials != nil {
			after = both(t, string(r.Config), string(r.Credentials))
		}
		for _, name := range []string{"default", "work", "a", "b c", "x"} {
			want, _ := before.Lookup(name)
			got, _ := after.Lookup(name)
			ours := got["credential_process"].Text == "/bin/awsexec --profile "+name
			if name == "work" && !ours {
				t.Fatalf("the profile does not lead to the command: %s", show)
			}
			if ours {
				delete(got, "credential_process")
				maps.DeleteFunc(want, func(key string, _ awsini.Value) bool { return isRival(key) })
			}
			if !sameSettings(got, want) {
				t.Fatalf("profile %q is\n%v, want\n%v: %s", name, got, want, show)
			}
		}
	}
}

func both(t *testing.T, config, credentials string) *profile.Config {
	t.Helper()
	c, err := awsini.Parse("config", []byte(config), awsini.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	k, err := awsini.Parse("credentials", []byte(credentials), awsini.CredentialsFile)
	if err != nil {
		t.Fatal(err)
	}
	return &profile.Config{Config: c, Credentials: k}
}

func sameSettings[M ~map[string]awsini.Value](a, b M) bool {
	return maps.EqualFunc(a, b, func(v, w awsini.Value) bool { return v.Text == w.Text && sameSettings(v.Nested, w.Nested) })
}

// A region of the profile's own replaces the one that the files have for it, and
// nobody else's.
func TestRedirectRegion(t *testing.T) {
	for _, tt := range []struct{ name, config, credentials, want, wantOther string }{
		{"in the config file", `
			|[profile work]
			|region = eu-west-1
			|output = text
			|[profile side]
			|region = eu-west-2`, "", `
			|[profile work]
			|output = text
			|credential_process = /bin/awsexec
			|region = us-east-1
			|[profile side]
			|region = eu-west-2`, ""},
		{"in the credentials file", "", `
			|[work]
			|region = eu-west-1
			|[side]
			|region = eu-west-2`, `
			|[profile work]
			|credential_process = /bin/awsexec
			|region = us-east-1`, `
			|[work]
			|[side]
			|region = eu-west-2`},
		{"nowhere", "", "", `
			|[profile work]
			|credential_process = /bin/awsexec
			|region = us-east-1`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Redirect(profile.Files{Config: "config", Credentials: "credentials"}, []byte(dedent(tt.config)), []byte(dedent(tt.credentials)), "work",
				Lead{Command: "/bin/awsexec", Region: "us-east-1"}, nil)
			if err != nil || string(r.Config) != dedent(tt.want) || string(r.Credentials) != dedent(tt.wantOther) {
				t.Errorf("%v\n%s\n%s", err, r.Config, r.Credentials)
			}
		})
	}
	if _, err := Redirect(profile.Files{}, nil, nil, "work", Lead{Command: "x", Region: "a\n[default]"}, nil); err == nil {
		t.Error("a region of two lines was written")
	}
}
