package keystore

import (
	"context"
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

// reachable finds nothing to check: the Credential Manager is part of the system.
func reachable(func(string) string) error { return nil }

// look finds no reason to wait longer than ctx: the Credential Manager shows no dialogs.
func look(ctx context.Context, _ func(string) string, _ bool) presence {
	<-ctx.Done()
	return mute
}

func explain(_ context.Context, _ func(string) string, err error) error {
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case errors.Is(err, windows.RPC_X_BAD_STUB_DATA): // a value over the limit
		return fmt.Errorf("%w: %w", ErrTooBig, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// straight is for the Secret Service.
func straight(func(string) string, item) ([]byte, error) { return nil, errors.ErrUnsupported }
