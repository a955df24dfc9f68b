package session

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckPassphrase(t *testing.T) {
	for passphrase, want := range map[string]string{ // what the error says; "" for none
		"":                             "is empty",
		"x":                            "is too short: it has 1 of at least 10 characters",
		"hunter2":                      "too short",
		"Tr0ub4d&3":                    "too short: it has 9",
		"пароль":                       "too short: it has 6",
		"aaaaaaaaaaaa":                 "repeats",
		"abababababab":                 "repeats",
		"1234512345123":                "is a number",
		"2024-12-24 1":                 "is a number",
		"passphrase":                   "is a common one",
		"Password123!":                 "is a common one",
		"P@ssw0rd2024":                 "is a common one",
		"password password":            "is a common one",
		"awsexecpassword":              "is a common one",
		"my secret password 1":         "is a common one",
		"changeme-changeme":            "is a common one",
		"letmein2025!":                 "is a common one",
		"abcdefghij":                   "follows",
		"qwertyuiop":                   "follows",
		"asdfghjkl1234":                "follows",
		"0987654321abcd":               "follows",
		"1q2w3e4r5t":                   "follows",
		"correct horse battery staple": "",
		"a passphrase of my own":       "",
		"Kestrel+Lamp?92":              "",
		"secret garden of versailles":  "",
		"S3CR3TMARKER-passphrase":      "",
		"zwölf Boxkämpfer":             "",
		"83920174628390174628":         "",
	} {
		err := CheckPassphrase([]byte(passphrase))
		_, weak := errors.AsType[*WeakPassphraseError](err)
		if weak != (want != "") || weak && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", passphrase, err, want)
		}
	}
}
