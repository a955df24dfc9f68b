package keyring

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/sys/windows"

	"github.com/awsexec/awsexec/internal/backend"
)

// account returns name with its capital letters marked, because the Credential
// Manager ignores case.
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

// showsDialogs is false: the Credential Manager asks nobody.
const showsDialogs = false

// explain wraps err in a kind.
func explain(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return fmt.Errorf("%w: %w", backend.ErrRefused, err)
	case errors.Is(err, windows.RPC_X_BAD_STUB_DATA): // a value over the limit
		return fmt.Errorf("%w: %w", backend.ErrTooBig, err)
	}
	return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
}
