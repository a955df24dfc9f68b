package totp

import (
	"encoding/base32"
	"errors"
	"strings"
	"testing"
	"time"
)

// The vectors are those of RFC 6238, appendix B, for SHA-1, with the last six of
// their eight digits.
func TestVectors(t *testing.T) {
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := Code([]byte("12345678901234567890"), time.Unix(at, 0)); got != want {
			t.Errorf("at %d the code is %s, want %s", at, got, want)
		}
	}
}

func TestLeft(t *testing.T) {
	for at, want := range map[int64]time.Duration{0: Window, 29: time.Second, 30: Window, 1111111109: time.Second} {
		if got := Left(time.Unix(at, 0)); got != want {
			t.Errorf("at %d a code is shown for %v, want %v", at, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	const secret = "12345678901234567890"
	plain := base32.StdEncoding.EncodeToString([]byte(secret))
	for _, text := range []string{
		plain, strings.ToLower(plain), plain[:4] + " " + plain[4:8] + "-" + plain[8:] + "\n", "\ufeff" + plain[:9] + "\r\n" + plain[9:] + "\r\n",
		"otpauth://totp/AWS:me?secret=" + plain + "&issuer=AWS",
		"otpauth://totp/AWS:me?secret=" + strings.ToLower(plain) + "&algorithm=sha1&digits=6&period=30",
	} {
		if got, err := Parse(text); err != nil || string(got) != secret {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	padded := base32.StdEncoding.EncodeToString([]byte("seed of bob"))
	if got, err := Parse(padded); err != nil || string(got) != "seed of bob" {
		t.Errorf("with padding: %q, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	const marker = "S3CR3TMARKER"
	for _, text := range []string{
		"", "123456", marker, "ONSWKZBAN5TCAYTPM", "ONSWKZBAN5TCAYTPMIA", "ONSWKZBAN5TCAYTPMIAAAA", "otpauth-migration://offline?data=" + marker, marker + "1" + marker, strings.Repeat(marker, 20),
		"otpauth://hotp/x?secret=" + marker + marker, "otpauth://totp/x?issuer=" + marker, "otpauth://totp/x?secret=" + marker + "%zz",
		"otpauth://totp/%zz" + marker, "otpauth://totp/x?digits=8&secret=" + marker + marker, "otpauth://totp/x?period=60&secret=" + marker + marker,
		"otpauth://totp/x?algorithm=SHA256&secret=" + marker + marker,
	} {
		got, err := Parse(text)
		if !errors.Is(err, ErrSecret) || got != nil || strings.Contains(err.Error(), marker) {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
}
