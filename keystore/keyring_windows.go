package keystore

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/sys/windows"
)

// account marks the capital letters of a name, since the Credential Manager takes "Dev" and "dev" for the same.
func account(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r == '^' || unicode.ToLower(r) != r {
			b.WriteByte('^')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// showsDialogs: the Credential Manager asks nobody.
const showsDialogs = false

func explain(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case errors.Is(err, windows.RPC_X_BAD_STUB_DATA): // a value over the limit
		return fmt.Errorf("%w: %w", ErrTooBig, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
