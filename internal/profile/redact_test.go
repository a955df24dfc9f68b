package profile

import (
	"bytes"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	const x = redacted
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", ""},
		{"nothing to hide", "[profile a]\nregion = x\ncredential_process = /bin/get-token --for a\nsso_start_url = https://x\n", ""},
		{"secret", "[a]\naws_access_key_id = " + clearID + "\naws_secret_access_key = " + clearSecret + "\nregion = x\n",
			"[a]\naws_access_key_id = " + clearID + "\naws_secret_access_key = " + x + "\nregion = x\n"},
		{"of any shape", " Aws_Session_Token:abc\r\n AWS_SECURITY_TOKEN =\r\n  def\r\n\r\n  ghi\r\nregion=x",
			" Aws_Session_Token:" + x + "\r\n AWS_SECURITY_TOKEN =\r\n  " + x + "\r\n\r\n  " + x + "\r\nregion=x"},
		{"another tool's", "db_password = a b\nokta_token=x\n", "db_password = " + x + "\nokta_token=" + x + "\n"},
		{"no secrets", "web_identity_token_file = /a/b\nsecret_arn = arn:x\n", ""},
		{"comment", "# aws_secret_access_key = old\n;token: old\n", "# aws_secret_access_key = " + x + "\n;token: " + x + "\n"},
		{"goes on below a comment", "aws_session_token =\n# why\n  abc\n; token: old\n  def\n", "aws_session_token =\n# why\n  " + x + "\n; token: " + x + "\n  " + x + "\n"},
		{"goes on below nothing", "s3 =\n# token: old\n  a = b\n", "s3 =\n# token: " + x + "\n  a = b\n"},
		{"anywhere", "# was " + clearSecret + " before\n", "# was " + x + " before\n"},
		{"no key", "# " + strings.Repeat("a", 40) + " " + clearSecret + "1\n", ""},
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

// redactsLines redacts data and checks that the lines are as many, and that doing it again changes nothing.
func redactsLines(t *testing.T, data []byte) []byte {
	t.Helper()
	out := Redact(data)
	if a, b := len(splitLines(string(data))), len(splitLines(string(out))); a != b {
		t.Fatalf("%d lines became %d: %q", a, b, out)
	}
	if again := Redact(out); string(again) != string(out) {
		t.Fatalf("%q becomes %q", out, again)
	}
	return out
}
