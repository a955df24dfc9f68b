package processfmt

import (
	"bytes"
	"math/rand/v2"
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

// region are the variables of a region, and of an empty pager.
var region = [][2]string{{"AWS_REGION", "eu-west-1"}, {"AWS_PAGER", ""}}

func TestExport(t *testing.T) {
	for format, want := range map[Format]string{
		Env: "export AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\nexport AWS_SECRET_ACCESS_KEY=" + secret +
			"\nexport AWS_SESSION_TOKEN=S3CR3TMARKER+/=\nexport AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z\nexport AWS_REGION=eu-west-1\nexport AWS_PAGER=\n",
		EnvNoExport: "AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=" + secret +
			"\nAWS_SESSION_TOKEN=S3CR3TMARKER+/=\nAWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z\nAWS_REGION=eu-west-1\nAWS_PAGER=\n",
		Fish: "set -gx AWS_ACCESS_KEY_ID 'ASIAIOSFODNN7EXAMPLE'\nset -gx AWS_SECRET_ACCESS_KEY '" + secret +
			"'\nset -gx AWS_SESSION_TOKEN 'S3CR3TMARKER+/='\nset -gx AWS_CREDENTIAL_EXPIRATION '2026-01-02T03:04:05Z'\nset -gx AWS_REGION 'eu-west-1'\nset -gx AWS_PAGER ''\n",
		PowerShell: "$Env:AWS_ACCESS_KEY_ID = 'ASIAIOSFODNN7EXAMPLE'\n$Env:AWS_SECRET_ACCESS_KEY = '" + secret +
			"'\n$Env:AWS_SESSION_TOKEN = 'S3CR3TMARKER+/='\n$Env:AWS_CREDENTIAL_EXPIRATION = '2026-01-02T03:04:05Z'\n$Env:AWS_REGION = 'eu-west-1'\n$Env:AWS_PAGER = ''\n",
		WindowsCmd: "set \"AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\"\r\nset \"AWS_SECRET_ACCESS_KEY=" + secret +
			"\"\r\nset \"AWS_SESSION_TOKEN=S3CR3TMARKER+/=\"\r\nset \"AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z\"\r\nset \"AWS_REGION=eu-west-1\"\r\nset \"AWS_PAGER=\"\r\n",
	} {
		var buf bytes.Buffer
		if err := Export(&buf, format, session, region); err != nil || buf.String() != want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", format, err, buf.String(), want)
		}
	}
}

func TestExportLeavesOutWhatThereIsNot(t *testing.T) {
	var buf bytes.Buffer
	if err := Export(&buf, EnvNoExport, aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "S3CR3TMARKER"}, nil); err != nil {
		t.Fatal(err)
	}
	if want := "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=S3CR3TMARKER\n"; buf.String() != want {
		t.Errorf("got %q, want %q", buf.String(), want)
	}
}

func TestExportProcessIsEncode(t *testing.T) {
	var exported, encoded bytes.Buffer
	if err := Export(&exported, Process, session, region); err != nil {
		t.Fatal(err)
	}
	if err := Encode(&encoded, session); err != nil || exported.String() != encoded.String() {
		t.Errorf("got %q, want %q, %v", exported.String(), encoded.String(), err)
	}
}

func TestExportRefusesWhatCannotBeWritten(t *testing.T) {
	for format, values := range map[Format][]string{
		Env:         {"a\nb", "a\x1bb", "a\x00b", "a\u202eb", "a\xffb"},
		EnvNoExport: {"a\nb", "a\rb", "a\x00b"},
		Fish:        {"a\nb", "a\tb", "a\u2028b"},
		PowerShell:  {"a\nb", "a\r\nb", "a\u0085b"},
		WindowsCmd:  {"a\nb", `a"b`, "a%b", "a\x1ab"},
		"csh":       {"a"},
	} {
		for _, v := range values {
			var buf bytes.Buffer
			if err := Export(&buf, format, aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "S3CR3TMARKER" + v}, nil); err == nil || buf.Len() != 0 ||
				strings.Contains(err.Error(), "S3CR3TMARKER") {
				t.Errorf("%s accepted %q: %v", format, v, err)
			}
		}
	}
	if Format("csh").Valid() || !Process.Valid() || !Fish.Valid() {
		t.Error("Valid accepts an unknown format or rejects a known one")
	}
}

// PowerShell ends a string at any of its kinds of quotes.
func TestExportForPowerShell(t *testing.T) {
	var buf bytes.Buffer
	if err := ExportVariables(&buf, PowerShell, [][2]string{{"X", "a’; calc; ‘'‚‛"}}); err != nil || buf.String() != "$Env:X = 'a’’; calc; ‘‘''‚‚‛‛'\n" {
		t.Errorf("got %q, %v", buf.String(), err)
	}
}

// Real shells read back each printable value as it was.
func TestShellsReadWhatExportWrites(t *testing.T) {
	values := []string{"S3CR3TMARKER '\"\\$HOME `id` $(id) !! * ~ # ;&|<>(){}[] é\\", "=ls", "a:=ls", "~", "a=~", "-n", "a=b", "\\", "'", "''", "%s", "’; id"}
	random := rand.New(rand.NewPCG(1, 2))
	nasty := []rune(" '\"\\$`(){}[]*?~!#;&|<>=:%^@,.-+/abLS09é’")
	for range 60 {
		value := make([]rune, 1+random.IntN(12))
		for i := range value {
			value[i] = nasty[random.IntN(len(nasty))]
		}
		values = append(values, string(value))
	}
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
			var script bytes.Buffer
			for _, v := range values {
				c := aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: v, SessionToken: v + "2"}
				if err := Export(&script, tt.format, c, [][2]string{{"AWS_REGION", v}, {"AWS_DEFAULT_REGION", v}}); err != nil {
					t.Fatal(err)
				}
				script.WriteString("env -0\n")
			}
			file := filepath.Join(t.TempDir(), "script")
			if err := os.WriteFile(file, script.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), path, append(tt.args, file)...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8"}
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string][]string{}
			for kv := range strings.SplitSeq(string(out), "\x00") {
				name, value, _ := strings.Cut(kv, "=")
				got[name] = append(got[name], value)
			}
			for i, v := range values {
				for name, want := range map[string]string{
					"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": v, "AWS_SESSION_TOKEN": v + "2", "AWS_REGION": v, "AWS_DEFAULT_REGION": v,
				} {
					if i >= len(got[name]) || got[name][i] != want {
						t.Fatalf("value %d: %s is not %q: %q", i, name, want, got[name])
					}
				}
			}
		})
	}
}
