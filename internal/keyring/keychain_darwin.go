package keyring

import (
	"errors"
	"fmt"
	"os/exec"

	"github.com/awsexec/awsexec/internal/backend"
)

// account returns the name under which the keychain stores an item.
func account(name string) string { return name }

// showsDialogs is true: the keychain asks for its password by itself, during a
// call.
const showsDialogs = true

// Exit codes of security(1), which are the low byte of an OSStatus of the
// Security framework (SecBase.h).
const (
	interactionNotAllowed = 36  // errSecInteractionNotAllowed -25308
	noSuchKeychain        = 50  // errSecNoSuchKeychain -25294
	authFailed            = 51  // errSecAuthFailed -25293
	notAvailable          = 53  // errSecNotAvailable -25291
	userCanceled          = 128 // errSecUserCanceled -128
)

// explain wraps err in a kind according to the exit code of security(1),
// because the library drops its output.
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
