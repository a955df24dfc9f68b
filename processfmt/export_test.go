package processfmt

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var session = aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: secret, SessionToken: "S3CR3TMARKER+/=", CanExpire: true,
	Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

func TestExport(t *testing.T) {
	for format, want := range map[Format]string{
		Env: "export AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\nexport AWS_SECRET_ACCESS_KEY=" + secret +
			"\nexport AWS_SESSION_TOKEN=S3CR3TMARKER+/=\nexport AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z\nexport AWS_REGION=eu-west-1\nexport AWS_DEFAULT_REGION=eu-west-1\n",
		EnvNoExport: "AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=" + secret +
			"\nAWS_SESSION_TOKEN=S3CR3TMARKER+/=\nAWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z\nAWS_REGION=eu-west-1\nAWS_DEFAULT_REGION=eu-west-1\n",
		Fish: "set -gx AWS_ACCESS_KEY_ID 'ASIAIOSFODNN7EXAMPLE'\nset -gx AWS_SECRET_ACCESS_KEY '" + secret +
			"'\nset -gx AWS_SESSION_TOKEN 'S3CR3TMARKER+/='\nset -gx AWS_CREDENTIAL_EXPIRATION '2026-01-02T03:04:05Z'\nset -gx AWS_REGION 'eu-west-1'\nset -gx AWS_DEFAULT_REGION 'eu-west-1'\n",
		PowerShell: "$Env:AWS_ACCESS_KEY_ID = 'ASIAIOSFODNN7EXAMPLE'\n$Env:AWS_SECRET_ACCESS_KEY = '" + secret +
			"'\n$Env:AWS_SESSION_TOKEN = 'S3CR3TMARKER+/='\n$Env:AWS_CREDENTIAL_EXPIRATION = '2026-01-02T03:04:05Z'\n$Env:AWS_REGION = 'eu-west-1'\n$Env:AWS_DEFAULT_REGION = 'eu-west-1'\n",
		WindowsCmd: "set \"AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\"\r\nset \"AWS_SECRET_ACCESS_KEY=" + secret +
			"\"\r\nset \"AWS_SESSION_TOKEN=S3CR3TMARKER+/=\"\r\nset \"AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z\"\r\nset \"AWS_REGION=eu-west-1\"\r\nset \"AWS_DEFAULT_REGION=eu-west-1\"\r\n",
	} {
		var buf bytes.Buffer
		if err := Export(&buf, format, session, "eu-west-1"); err != nil || buf.String() != want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", format, err, buf.String(), want)
		}
	}
}

func TestExportLeavesOutWhatThereIsNot(t *testing.T) {
	var buf bytes.Buffer
	if err := Export(&buf, EnvNoExport, aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "S3CR3TMARKER"}, ""); err != nil {
		t.Fatal(err)
	}
	if want := "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=S3CR3TMARKER\n"; buf.String() != want {
		t.Errorf("got %q, want %q", buf.String(), want)
	}
}

func TestExportProcessIsEncode(t *testing.T) {
	var exported, encoded bytes.Buffer
	if err := Export(&exported, Process, session, "eu-west-1"); err != nil {
		t.Fatal(err)
	}
	if err := Encode(&encoded, session); err != nil || exported.String() != encoded.String() {
		t.Errorf("got %q, want %q, %v", exported.String(), encoded.String(), err)
	}
}

func TestExportRefusesWhatCannotBeWritten(t *testing.T) {
	for format, values := range map[Format][]string{
		EnvNoExport: {"a\nb", "a\rb"},
		WindowsCmd:  {"a\nb", `a"b`, "a%b"},
		"csh":       {"a"},
	} {
		for _, v := range values {
			var buf bytes.Buffer
			if err := Export(&buf, format, aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "S3CR3TMARKER" + v}, ""); err == nil || buf.Len() != 0 ||
				strings.Contains(err.Error(), "S3CR3TMARKER") {
				t.Errorf("%s took %q: %v", format, v, err)
			}
		}
	}
	if Format("csh").Valid() || !Process.Valid() || !Fish.Valid() {
		t.Error("the wrong formats are valid")
	}
}

// Whatever a value holds, the real shells read back what went in.
func TestShellsReadWhatExportWrites(t *testing.T) {
	const odd = "S3CR3TMARKER \t'\"\\$HOME `id` $(id) !! * ~ # ;&|<>(){}[] é\nline two\\\n"
	for _, tt := range []struct {
		shell  string
		args   []string
		format Format
	}{
		{"sh", nil, Env},
		{"bash", []string{"--norc"}, Env},
		{"zsh", []string{"-f"}, Env},
		{"fish", []string{"--no-config"}, Fish},
	} {
		t.Run(tt.shell, func(t *testing.T) {
			path, err := exec.LookPath(tt.shell)
			if err != nil {
				if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			var buf bytes.Buffer
			c := aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: odd, SessionToken: odd + "2"}
			if err := Export(&buf, tt.format, c, odd); err != nil {
				t.Fatal(err)
			}
			script := filepath.Join(t.TempDir(), "script")
			buf.WriteString("env -0\n")
			if err := os.WriteFile(script, buf.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), path, append(tt.args, script)...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8"}
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for kv := range strings.SplitSeq(string(out), "\x00") {
				name, value, _ := strings.Cut(kv, "=")
				got[name] = value
			}
			for name, want := range map[string]string{
				"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": odd, "AWS_SESSION_TOKEN": odd + "2", "AWS_REGION": odd, "AWS_DEFAULT_REGION": odd,
			} {
				if got[name] != want {
					t.Errorf("%s is %q, want %q", name, got[name], want)
				}
			}
		})
	}
}
