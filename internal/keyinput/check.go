package keyinput

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ShapeError is the error for a key that does not look like one of AWS. It may be
// one of another service that speaks the protocols of AWS.
type ShapeError struct{ Reason string }

func (e *ShapeError) Error() string { return e.Reason }

// Check returns an error if c does not look like the long-term key of an IAM
// user: a [*ShapeError] if it may be a key of another service.
func Check(c aws.Credentials) error {
	if err := CheckID(c.AccessKeyID); err != nil {
		return err
	}
	return CheckSecret(c.SecretAccessKey)
}

// CheckSecret returns an error if secret does not look like that of a long-term
// key of AWS. The error is as for [Check].
func CheckSecret(secret string) error {
	switch {
	case !isText(secret):
		return errors.New("invalid secret access key: it is empty or too long, or has spaces or special characters in it")
	case !madeOf(secret, 16, 128, secretLetters):
		return &ShapeError{"invalid secret access key: it has 40 letters, digits, / and +"}
	}
	return nil
}

const (
	keyIDLetters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	secretLetters = keyIDLetters + "abcdefghijklmnopqrstuvwxyz/+="
)

// madeOf reports whether s has between least and most characters, all of them
// among letters.
func madeOf(s string, least, most int, letters string) bool {
	return least <= len(s) && len(s) <= most && strings.Trim(s, letters) == ""
}

// isText reports whether s can be a part of a key of any service.
func isText(s string) bool {
	return s != "" && len(s) <= 1024 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// CheckID returns an error if id does not look like the id of a long-term key,
// which only its prefix distinguishes from other ids. The error is as for [Check].
// Source: "Understanding unique ID prefixes" in the IAM User Guide.
func CheckID(id string) error {
	switch {
	case strings.HasPrefix(id, "ASIA") && madeOf(id, 16, 128, keyIDLetters):
		return errors.New("an access key id that begins with ASIA is short-lived; only the long-term key of an IAM user, which begins with AKIA, can be stored")
	case !isText(id):
		return errors.New("invalid access key id: it is empty or too long, or has spaces or special characters in it; that of an IAM user begins with AKIA and has 20 capital letters and digits")
	case !IsAWS(id):
		return &ShapeError{"invalid access key id of an IAM user: it begins with AKIA and has 20 capital letters and digits"}
	}
	return nil
}

// IsAWS reports whether id looks like the id of a long-term key of AWS.
func IsAWS(id string) bool { return strings.HasPrefix(id, "AKIA") && madeOf(id, 16, 128, keyIDLetters) }
