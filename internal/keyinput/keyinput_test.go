package keyinput

import (
	"strings"
	"testing"
)

// A key is taken in the forms in which people copy it.
func TestFromReader(t *testing.T) {
	const id, secret = "AKIAIOSFODNN7EXAMPLE", "S3CR3TMARKER/12345678901234567890123456="
	for _, tt := range []struct{ name, text, err string }{
		{"two lines", id + "\n" + secret + "\n", ""},
		{"one line", id + " " + secret, ""},
		{"Windows lines and blanks", "  " + id + " \r\n\t" + secret + "\r\n\r\n", ""},
		{"a byte order mark", "\ufeff" + id + "\n" + secret + "\n", ""},
		{"what a page puts around it", "\u200b" + id + "\u00a0\n" + secret + "\u200b\u2060\n", ""},
		{"quotes", `"` + id + `"` + "\n'" + secret + "'\n", ""},
		{"lines of the credentials file", "[work]\naws_access_key_id = " + id + "\naws_secret_access_key=" + secret + "\n", ""},
		{"lines for a shell", "export AWS_ACCESS_KEY_ID=" + id + "\nexport AWS_SECRET_ACCESS_KEY=\"" + secret + "\"\n", ""},
		{"lines for PowerShell", "$Env:AWS_ACCESS_KEY_ID=\"" + id + "\";\n$Env:AWS_SECRET_ACCESS_KEY=\"" + secret + "\";\n", ""},
		{"lines for cmd.exe", "set AWS_ACCESS_KEY_ID=" + id + "\r\nset AWS_SECRET_ACCESS_KEY=" + secret + "\r\n", ""},
		{"a session's lines", "export AWS_ACCESS_KEY_ID=" + id + "\nexport AWS_SECRET_ACCESS_KEY=" + secret + "\nexport AWS_SESSION_TOKEN=S3CR3TMARKER\n", "short-lived"},
		{"JSON behind a byte order mark", "\ufeff{\"AccessKeyId\":\"" + id + "\",\"SecretAccessKey\":\"" + secret + "\"}", ""},
		{"half of it", id + "\n", "on one line"},
		{"half of it, with its name", "aws_access_key_id = " + id + "\n", "on one line"},
		{"nothing", "", "on one line"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := FromReader(strings.NewReader(tt.text))
			switch {
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("error %v, want one with %q", err, tt.err)
			case tt.err == "" && (err != nil || key.AccessKeyID != id || key.SecretAccessKey != secret):
				t.Errorf("the key with the id %q is not the one that was given; error %v", key.AccessKeyID, err)
			}
		})
	}
}
