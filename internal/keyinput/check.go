package keyinput

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Check returns an error if c does not look like the long-term key of an IAM
// user.
func Check(c aws.Credentials) error {
	if err := CheckID(c.AccessKeyID); err != nil {
		return err
	}
	if !madeOf(c.SecretAccessKey, 16, 128, secretLetters) {
		return errors.New("invalid secret access key: it has 40 letters, digits, / and +")
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

// CheckID returns an error if id does not look like the id of a long-term key,
// which only its prefix distinguishes from other ids. Source: "Understanding
// unique ID prefixes" in the IAM User Guide.
func CheckID(id string) error {
	switch {
	case strings.HasPrefix(id, "ASIA"):
		return errors.New("an access key id that begins with ASIA is short-lived; only the long-term key of an IAM user, which begins with AKIA, can be stored")
	case !strings.HasPrefix(id, "AKIA") || !madeOf(id, 16, 128, keyIDLetters):
		return errors.New("invalid access key id of an IAM user: it begins with AKIA and has 20 capital letters and digits")
	}
	return nil
}
