package processfmt

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/credentials"
)

// FuzzDecode checks that whatever Decode reads, Encode can write and Decode
// reads again unchanged, and that no error quotes a secret.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"S3CR3TMARKER","SessionToken":"S3CR3TMARKER","Expiration":"2026-01-02T03:04:05Z","AccountId":"1"}`,
		`{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"S3CR3TMARKER/+é\u0000\"\\"}`,
		`{"Version":1,"AccessKeyId":"A","SecretAccessKey":"b","Expiration":"2026-01-02T03:04:05.678+14:00"}`,
		`{"Version":2,"AccessKeyId":"S3CR3TMARKER"}`,
		`{"Version":1,"AccessKeyId":"A","SecretAccessKey":"b","Expiration":"S3CR3TMARKER"}`,
		`{"Version":"S3CR3TMARKER"}`, "\ufeff{}", "{} S3CR3TMARKER", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Decode(bytes.NewReader(data))
		if err != nil {
			if strings.Contains(err.Error(), "S3CR3TMARKER") {
				t.Fatal("the error quotes a secret")
			}
			if c != (credentials.Plain{}) {
				t.Fatal("an error comes with credentials")
			}
			return
		}
		var out bytes.Buffer
		if err := Encode(&out, c); err != nil {
			t.Fatalf("Encode rejects what Decode read: %v", err)
		}
		again, err := Decode(&out)
		if err != nil {
			t.Fatalf("Decode rejects what Encode wrote: %v", err)
		}
		if !again.Expires.Equal(c.Expires.Truncate(time.Second)) {
			t.Fatalf("expires at %v, then at %v", c.Expires, again.Expires)
		}
		again.Expires = c.Expires
		if again != c {
			t.Fatal("the second Decode returns other credentials")
		}
	})
}

// FuzzExport checks that each shell format either quotes a value so that
// unquoting returns it, or fails and writes nothing.
func FuzzExport(f *testing.F) {
	for _, value := range []string{"S3CR3TMARKER/+=", "a b", `it's "quoted" \ $HOME %PATH% !x`, "‘’‚‛", "~:=~", "", "\n", "\x00", "=ls"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for format, unquoted := range map[Format]func(line string) string{
			Env:         func(line string) string { return unquoteSh(strings.TrimPrefix(line, "export X=")) },
			EnvNoExport: func(line string) string { return strings.TrimPrefix(line, "X=") },
			Fish:        func(line string) string { return unquoteFish(strings.TrimPrefix(line, "set -gx X ")) },
			PowerShell:  func(line string) string { return unquotePowerShell(strings.TrimPrefix(line, "$Env:X = ")) },
			WindowsCmd:  func(line string) string { return strings.TrimSuffix(strings.TrimPrefix(line, `set "X=`), "\"\r") },
		} {
			var out bytes.Buffer
			if err := ExportVariables(&out, format, [][2]string{{"X", value}}); err != nil {
				if out.Len() > 0 || value != "" && strings.Contains(err.Error(), value) && len(value) > 20 {
					t.Fatalf("%s: %q fails with %v, after %q", format, value, err, out.String())
				}
				continue
			}
			line, rest, _ := strings.Cut(out.String(), "\n")
			if rest != "" {
				t.Fatalf("%s: %q takes more than one line", format, value)
			}
			if got := unquoted(line); value != "" && got != value {
				t.Fatalf("%s: %q is read as %q", format, value, got)
			}
		}
	})
}

// unquoteSh reads a word as a POSIX shell does.
func unquoteSh(word string) string {
	var b strings.Builder
	for quoted := false; word != ""; word = word[1:] {
		switch {
		case word[0] == '\'':
			quoted = !quoted
		case !quoted && word[0] == '\\' && len(word) > 1:
			word = word[1:]
			b.WriteByte(word[0])
		case !quoted && strings.ContainsRune(" \t;&|<>()$`\"*?[#~!{}", rune(word[0])):
			return "(special outside of quotes) " + word
		default:
			b.WriteByte(word[0])
		}
	}
	return b.String()
}

func unquoteFish(word string) string {
	body := strings.TrimSuffix(strings.TrimPrefix(word, "'"), "'")
	var b strings.Builder
	for ; body != ""; body = body[1:] {
		switch {
		case body[0] == '\'':
			return "(ends early)"
		case body[0] == '\\' && len(body) > 1 && (body[1] == '\'' || body[1] == '\\'):
			body = body[1:]
		}
		b.WriteByte(body[0])
	}
	return b.String()
}

func unquotePowerShell(word string) string {
	runes := []rune(word)
	if len(runes) < 2 {
		return "(no quotes)"
	}
	runes = runes[1 : len(runes)-1]
	var b strings.Builder
	for i := 0; i < len(runes); i++ {
		if strings.ContainsRune("'‘’‚‛", runes[i]) {
			i++
			if i == len(runes) || !strings.ContainsRune("'‘’‚‛", runes[i]) {
				return "(ends early)"
			}
		}
		b.WriteRune(runes[i])
	}
	return b.String()
}
