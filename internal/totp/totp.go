// Package totp makes the one-time codes of an authenticator app from its secret, as
// RFC 6238 defines them.
//
// No error of this package quotes a secret.
package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Window is how long a code is shown.
const Window = 30 * time.Second

const (
	// Least is the shortest secret that is taken, in bytes: some services issue such
	// ones.
	Least = 10
	// Recommended is the shortest one that RFC 4226 allows.
	Recommended = 16
	// Most is far more than any service issues, and fits into every keystore.
	Most = 128
)

// ErrSecret is the error for a text that is no secret.
var ErrSecret = errors.New("not a TOTP secret")

// Code returns the code that is shown at t: SHA-1, 6 digits.
func Code(secret []byte, t time.Time) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(t.Unix()/int64(Window/time.Second))))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// Left returns how long the code that is shown at t is still shown.
func Left(t time.Time) time.Duration { return t.Truncate(Window).Add(Window).Sub(t) }

// Parse returns the secret that text is: in base32, as services show it, or in an
// otpauth:// URL, as their QR codes have it.
func Parse(text string) ([]byte, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	switch scheme := strings.ToLower(text); {
	case strings.HasPrefix(scheme, "otpauth-migration:"):
		return nil, fmt.Errorf("%w: the URL is an export of many secrets", ErrSecret)
	case strings.HasPrefix(scheme, "otpauth:"):
		var err error
		if text, err = fromURL(text); err != nil {
			return nil, err
		}
	}
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -\t\r\n", r) {
			return -1
		}
		return r
	}, text)
	text = strings.ToUpper(strings.TrimRight(text, "="))
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: base32 has the letters and the digits 2 to 7 alone", ErrSecret)
	case base32.StdEncoding.WithPadding(base32.NoPadding).EncodedLen(len(secret)) != len(text): // Go drops the rest
		return nil, fmt.Errorf("%w: a character is missing, or one too many", ErrSecret)
	case len(secret) < Least:
		return nil, fmt.Errorf("%w: it has %d bits, and %d are the least", ErrSecret, 8*len(secret), 8*Least)
	case len(secret) > Most:
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrSecret, Most)
	}
	return secret, nil
}

// fromURL returns the secret in an otpauth:// URL, whose codes must be those that AWS
// takes.
func fromURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil { // which would quote it
		return "", fmt.Errorf("%w: the URL cannot be read", ErrSecret)
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", fmt.Errorf("%w: the URL cannot be read", ErrSecret)
	}
	is := func(name, want string) bool { return !q.Has(name) || strings.EqualFold(q.Get(name), want) }
	switch {
	case !strings.EqualFold(u.Host, "totp"):
		return "", fmt.Errorf("%w: the URL is not one of otpauth://totp", ErrSecret)
	case !is("algorithm", "SHA1") || !is("digits", "6") || !is("period", "30"):
		return "", fmt.Errorf("%w: codes for AWS are made with SHA1, 6 digits and 30 seconds, and the URL says otherwise", ErrSecret)
	case q.Get("secret") == "":
		return "", fmt.Errorf("%w: the URL has none", ErrSecret)
	}
	return q.Get("secret"), nil
}
