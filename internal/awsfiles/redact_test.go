package awsfiles

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

const (
	slashSecret   = "S3CR3TMARKERwJalrXUtnFEMIK7MDENbPx/RfiCY"
	escapedSecret = "S3CR3TMARKERwJalrXUtn%2FFEMI%2bK7MDENbPxRfiC"
	jsonSecret    = `S3CR3TMARKERwJalrXUtn\/FEMIK7MDENbPxRfiCY`
	token         = "S3CR3TMARKER-session-token"
)

func TestRedact(t *testing.T) {
	const x = redacted
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", ""},
		{"nothing to hide", "[profile a]\nregion = x\ncredential_process = /bin/get-token --for a\nsso_start_url = https://x\n", ""},
		{"secret", "[a]\naws_access_key_id = " + plaintextID + "\naws_secret_access_key = " + plaintextSecret + "\nregion = x\n",
			"[a]\naws_access_key_id = " + plaintextID + "\naws_secret_access_key = " + x + "\nregion = x\n"},
		{"of any shape", " Aws_Session_Token:abc\r\n AWS_SECURITY_TOKEN =\r\n  def\r\n\r\n  ghi\r\nregion=x",
			" Aws_Session_Token:" + x + "\r\n AWS_SECURITY_TOKEN =\r\n  " + x + "\r\n\r\n  " + x + "\r\nregion=x"},
		{"another tool's", "db_password = a b\nokta_token=x\n", "db_password = " + x + "\nokta_token=" + x + "\n"},
		{"no secrets", "web_identity_token_file = /a/b\nsecret_arn = arn:x\n", ""},
		{"comment", "# aws_secret_access_key = old\n;token: old\n", "# aws_secret_access_key = " + x + "\n;token: " + x + "\n"},
		{"goes on below a comment", "aws_session_token =\n# why\n  abc\n; token: old\n  def\n", "aws_session_token =\n# why\n  " + x + "\n; token: " + x + "\n  " + x + "\n"},
		{"goes on below nothing", "s3 =\n# token: old\n  a = b\n", "s3 =\n# token: " + x + "\n  a = b\n"},
		{"anywhere", "# was " + plaintextSecret + " before\n", "# was " + x + " before\n"},
		{"no key", "# " + strings.Repeat("a", 40) + " " + plaintextSecret + "1\n", ""},
		{"behind a slash", "# s3://bucket/" + plaintextSecret + "\n", "# s3://bucket/" + x + "\n"},
		{"before a slash", "x = key=" + plaintextSecret + "/x, " + plaintextSecret + ",\n", "x = key=" + x + "/x, " + x + ",\n"},
		{"behind its id", "# " + plaintextID + "/" + plaintextSecret + " " + plaintextID + ":" + plaintextSecret + "+\n", "# " + plaintextID + "/" + x + " " + plaintextID + ":" + x + "+\n"},
		{"escaped", "# https://x/" + escapedSecret + "&y " + jsonSecret + "\n", "# https://x/" + x + "&y " + x + "\n"},
		{"two that could be it", "# " + strings.Repeat("ab/", 5) + slashSecret + "/b\n", "# " + strings.Repeat("ab/", 5)[:9] + x + "/b\n"},
		{"in a URL", "endpoint_url = https://" + plaintextID + ":" + plaintextSecret + "@host/\n", "endpoint_url = https://" + x + "@host/\n"},
		{"password in a URL", "sso_start_url = http://me:pa/s@s@host:80/a@b\n# http://token@h http://h:80/a@b http://h/a@b\n",
			"sso_start_url = http://" + x + "@b\n# http://" + x + "@h http://h:80/a@b http://h/a@b\n"},
		{"known by its setting", "[a]\naws_session_token = " + token + "\n# was x" + token + "y\n[b]\nregion = " + token + "\n",
			"[a]\naws_session_token = " + x + "\n# was x" + x + "y\n[b]\nregion = " + x + "\n"},
		{"known before its setting", "# " + token + "\naws_session_token =\n  " + token + "\n", "# " + x + "\naws_session_token =\n  " + x + "\n"},
		{"any word", "my_token = work\nregion = work\n", "my_token = " + x + "\nregion = work\n"},
		{"empty value", "aws_session_token =\nregion = x\n", ""},
	} {
		want := c.want
		if want == "" {
			want = c.data
		}
		if got := string(Redact([]byte(c.data))); got != want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, want)
		}
	}
}

// checkRedacted checks that no secret is left.
func checkRedacted(t *testing.T, data []byte) {
	t.Helper()
	if out := redactsLines(t, data); bytes.Contains(out, []byte("S3CR3TMARKER")) {
		t.Fatalf("a secret is left: %q", out)
	}
}

// redactsLines redacts data, and checks that the number of lines stays the same and
// that redacting again changes nothing.
func redactsLines(t *testing.T, data []byte) []byte {
	t.Helper()
	out := Redact(data)
	if a, b := len(awsini.SplitLines(string(data))), len(awsini.SplitLines(string(out))); a != b {
		t.Fatalf("%d lines became %d: %q", a, b, out)
	}
	if again := Redact(out); string(again) != string(out) {
		t.Fatalf("%q becomes %q", out, again)
	}
	return out
}

// Secrets returns known secrets, with the parts that an error could quote.
func TestSecrets(t *testing.T) {
	config, err := awsini.Parse("config", []byte("[profile a]\nendpoint_url = http://me:S3CR3TMARKER/pa ss@host\nregion = x\n"+
		"s3 =\n  my_token = "+token+"\nother_token = short\n[services b]\nsts =\n  endpoint_url = http://S3CR3TMARKER@h\n"+
		"[x]\nca_bundle = http://h/a@b\n"), awsini.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := awsini.Parse("credentials", []byte("[a]\naws_secret_access_key = '"+plaintextSecret+"'\nweb_identity_token_file = /some/long/path/to/it\n"), awsini.CredentialsFile)
	if err != nil {
		t.Fatal(err)
	}
	got := Secrets(&profile.Config{Config: config, Credentials: credentials})
	want := []string{plaintextSecret, token, "me:S3CR3TMARKER/pa ss", "S3CR3TMARKER/pa ss", "S3CR3TMARKER", "S3CR3TMARKER"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestURLSecrets(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                  nil,
		"http://host:1/a@b":                 nil,
		"http://@host":                      nil,
		"me:pass@proxy:3128":                {"me:pass", "pass"},
		"http://me:pa%73s%2Fw@h":            {"me:pa%73s%2Fw", "pa%73s%2Fw", "pass/w"},
		"http://me:one@two/three@h:x":       {"me:one@two/three", "one@two/three", "three"},
		"http://token@h/":                   {"token"},
		"http://me:\x7f long@h":             {"me:\x7f long", "\x7f long", "long"},
		"socks5://me:pw@h":                  {"me:pw"},
		"https://user:pass/word@host:port/": {"user:pass/word", "pass/word", "pass", "word"},
	} {
		if got := URLSecrets(in); !slices.Equal(got, want) {
			t.Errorf("URLSecrets(%q) = %q, want %q", in, got, want)
		}
	}
}
