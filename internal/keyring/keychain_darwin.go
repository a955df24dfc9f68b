package keyring

import (
	"errors"
	"fmt"
	"os/exec"

	"github.com/awsexec/awsexec/internal/backend"
)

// account returns the name under which the keychain keeps an item.
func account(name string) string { return name }

// showsDialogs: the keychain asks for its password by itself, in the middle of
// a call.
const showsDialogs = true

// Exit codes of security(1): the low byte of the OSStatus of the Security
// framework (SecBase.h).
const (
	interactionNotAllowed = 36  // errSecInteractionNotAllowed -25308
	noSuchKeychain        = 50  // errSecNoSuchKeychain -25294
	authFailed            = 51  // errSecAuthFailed -25293
	notAvailable          = 53  // errSecNotAvailable -25291
	userCanceled          = 128 // errSecUserCanceled -128
)

// explain wraps err in a kind by the exit code of security(1): the library
// drops what that wrote.
func explain(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	switch exit.ExitCode() {
	case interactionNotAllowed:
		return fmt.Errorf("%w: the keychain may not ask for its password here (run: security unlock-keychain)", backend.ErrLocked)
	case authFailed, userCanceled:
		return fmt.Errorf("%w: access to the keychain was denied", backend.ErrRefused)
	case noSuchKeychain, notAvailable:
		return fmt.Errorf("%w: there is no keychain", backend.ErrUnavailable)
	}
	return fmt.Errorf("%w: security: %w", backend.ErrUnavailable, err)
}
