package processfmt

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/credentials"
)

const secret = "S3CR3TMARKER/wJalrXUtnFEMI/K7MDENGbPxRfi"

func TestEncode(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	for _, tt := range []struct {
		name string
		c    aws.Credentials
		want string
	}{
		{
			"session",
			aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: secret, SessionToken: "S3CR3TMARKER<&>token", CanExpire: true,
				Expires: time.Date(2026, 1, 2, 3, 4, 5, 678, zone), AccountID: "123456789012"},
			`{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"` + secret + `","SessionToken":"S3CR3TMARKER<&>token","Expiration":"2026-01-02T01:04:05Z","AccountId":"123456789012"}` + "\n",
		},
		{
			"without the optional members",
			aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: secret, Expires: time.Now()},
			`{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"` + secret + `"}` + "\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := Encode(&buf, tt.c); err != nil {
				t.Fatal(err)
			}
			if buf.String() != tt.want {
				t.Errorf("got  %s\nwant %s", buf.String(), tt.want)
			}
		})
	}
}

// Encode writes what encoding/json would write, whatever characters the values
// hold.
func TestEncodeIsJSON(t *testing.T) {
	for _, odd := range []string{"", "a", "/+=", "\"", "\\", "<&>", "\n\x00\x1f", "\x7f", "é\u2028", "\xff", "a\xffb\"", "😀"} {
		c := credentials.Plain{AccessKeyID: "k" + odd, SecretAccessKey: odd + "s", SessionToken: odd, AccountID: odd + odd,
			CanExpire: odd != "", Expires: time.Unix(1767323045, 0)}
		type object struct {
			Version         int
			AccessKeyID     string `json:"AccessKeyId"`
			SecretAccessKey string
			SessionToken    string `json:",omitempty"`
			Expiration      string `json:",omitempty"`
			AccountID       string `json:"AccountId,omitempty"`
		}
		want := object{1, c.AccessKeyID, c.SecretAccessKey, c.SessionToken, "", c.AccountID}
		if c.CanExpire {
			want.Expiration = "2026-01-02T03:04:05Z"
		}
		var got, text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := errors.Join(enc.Encode(want), Encode(&got, c)); err != nil || got.String() != text.String() {
			t.Errorf("%q: %v\ngot  %s\nwant %s", odd, err, &got, &text)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	c := credentials.Plain{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKER", SessionToken: strings.Repeat("t", 400), CanExpire: true}
	b.ReportAllocs()
	for b.Loop() {
		if err := Encode(io.Discard, c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	var text bytes.Buffer
	if err := Encode(&text, credentials.Plain{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKER", SessionToken: strings.Repeat("t", 400)}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(bytes.NewReader(text.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}

func TestEncodeFailures(t *testing.T) {
	var buf bytes.Buffer
	if err := Encode(&buf, aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE"}); err == nil || buf.Len() != 0 {
		t.Errorf("incomplete credentials: %v, wrote %q", err, buf.String())
	}
	want := errors.New("disk full")
	if err := Encode(failingWriter{want}, aws.Credentials{AccessKeyID: "A", SecretAccessKey: secret}); err != want {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestDecodeReadsWhatEncodeWrites(t *testing.T) {
	for _, c := range []aws.Credentials{
		{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: secret, SessionToken: strings.Repeat("S3CR3TMARKER", 700), CanExpire: true,
			Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), AccountID: "123456789012"},
		{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: secret},
	} {
		var buf bytes.Buffer
		if err := Encode(&buf, c); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(&buf)
		if err != nil {
			t.Fatal(err)
		}
		c.Source = Source
		if got != c {
			t.Error("Decode returns other credentials than Encode wrote")
		}
	}
}

func TestDecodeFailures(t *testing.T) {
	for name, in := range map[string]string{
		"empty":             "",
		"text":              secret,
		"text before":       "hello\n{}",
		"text after":        `{"Version":1,"AccessKeyId":"A","SecretAccessKey":"` + secret + `"} ` + secret,
		"version 2":         `{"Version":2,"AccessKeyId":"A","SecretAccessKey":"` + secret + `"}`,
		"version missing":   `{"AccessKeyId":"A","SecretAccessKey":"` + secret + `"}`,
		"version string":    `{"Version":"` + secret + `","AccessKeyId":"A","SecretAccessKey":"` + secret + `"}`,
		"no secret":         `{"Version":1,"AccessKeyId":"` + secret + `"}`,
		"no id":             `{"Version":1,"SecretAccessKey":"` + secret + `"}`,
		"time without zone": `{"Version":1,"AccessKeyId":"A","SecretAccessKey":"` + secret + `","Expiration":"2026-01-02T03:04:05"}`,
		"endless":           strings.Repeat(secret, maxSize/len(secret)+1),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(in))
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "S3CR3TMARKER") {
				t.Errorf("the error quotes its input: %v", err)
			}
		})
	}
	if _, err := Decode(failingReader{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
