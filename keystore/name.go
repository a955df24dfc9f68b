package keystore

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxName = 128

// CheckName returns why name cannot name a key, or nil. A refused name has a
// meaning to some AWS client that reads the config file, to a shell, or on a
// command line, so that no profile of that name could be written safely.
func CheckName(name string) error {
	if err := nameRule(name); err != nil {
		return fmt.Errorf("name %q: %w", name, err)
	}
	return nil
}

func nameRule(name string) error {
	switch {
	case name == "":
		return errors.New("must not be empty")
	case len(name) > maxName:
		return fmt.Errorf("must not be longer than %d bytes", maxName)
	case !utf8.ValidString(name):
		return errors.New("must be valid UTF-8")
	case name[0] == ' ' || name[len(name)-1] == ' ':
		return errors.New("must not begin or end with a space")
	case name[0] == '-':
		return errors.New("must not begin with -")
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("must not contain the unprintable character %U", r)
		}
		if strings.ContainsRune("[]'\"\\$`%#;=", r) {
			return fmt.Errorf("must not contain %c", r)
		}
	}
	return nil
}
