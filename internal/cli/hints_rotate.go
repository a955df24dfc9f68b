package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/internal/visible"
)

// hintOfRotation returns the hint for a key that was not rotated.
func hintOfRotation(err error, a *advisor, _ string) string {
	var copied *rotate.CopyError
	var stored noStoredKeyError
	var failed *rotate.Error
	begun := errors.As(err, &failed) && failed.Begun
	switch {
	case errors.As(err, &copied) && begun:
		return hintOfCopy(copied, a) + "\nto finish: awsexec rotate " + quoteWord(failed.Name)
	case errors.As(err, &copied):
		return hintOfCopy(copied, a)
	case errors.As(err, &stored) && stored.stored != "":
		return "rotate that: awsexec rotate " + quoteWord(stored.stored)
	case errors.As(err, &stored) && stored.inFile != "":
		return "take it into the keystore first: awsexec import " + quoteWord(stored.inFile)
	case failed != nil:
		return hintOfFailedRotation(failed, a)
	}
	return ""
}

// hintOfCopy returns the hint for a key that is in two places.
func hintOfCopy(e *rotate.CopyError, a *advisor) string {
	switch {
	case e.Elsewhere != "":
		return fmt.Sprintf("remove the copy: awsexec --keystore %s remove %s", e.Elsewhere, quoteWord(e.StoredAs))
	case e.StoredAs != "":
		return fmt.Sprintf("let profile %s use this one: credential_process = %s\nand remove the copy: awsexec remove %s",
			e.StoredAs, processCommand(a.settings.Self, e.Name), quoteWord(e.StoredAs))
	case e.InFile.Obstacle != "":
		return "take it out of there by hand: " + e.InFile.Obstacle
	default:
		return "take it out of there: awsexec import " + quoteWord(e.InFile.Profile)
	}
}

// hintOfFailedRotation returns the hint for a rotation that was cut short.
func hintOfFailedRotation(failed *rotate.Error, a *advisor) string {
	err, name := failed.Err, quoteWord(failed.Name)
	noSession := "" // lets the AWS CLI call IAM where there is no MFA device
	if !failed.MFA {
		noSession = " --no-session"
	}
	iam := func(command, keyID string) string {
		return fmt.Sprintf("awsexec -p %s%s -- aws iam %s --access-key-id %s", name, noSession, command, quoteWord(keyID))
	}
	var lines []string
	var taken *rotate.KeyInTheWay
	var inactive *rotate.InactiveError
	var other *rotate.NotCurrentError
	var api smithy.APIError
	switch {
	case errors.As(err, &other) && other.Current == other.Old:
		return "to finish: awsexec rotate " + name
	case errors.As(err, &other):
		for _, id := range []string{other.Old, other.New} {
			lines = append(lines, "if nothing uses it: aws iam delete-access-key --access-key-id "+quoteWord(id))
		}
		return strings.Join(lines, "\n")
	case errors.As(err, &taken) && taken.StoredAs != "":
		remove := "awsexec remove "
		if taken.Elsewhere != "" {
			remove = fmt.Sprintf("awsexec --keystore %s remove ", taken.Elsewhere)
		}
		lines = append(lines, "if it is not needed, delete it: "+iam("delete-access-key", taken.Key.ID)+" && "+remove+quoteWord(taken.StoredAs))
	case errors.As(err, &taken):
		lines = append(lines, "on a terminal and without --yes, awsexec offers to delete it",
			"or delete it yourself, if nothing uses it: "+iam("delete-access-key", taken.Key.ID))
	case errors.As(err, &inactive):
		lines = append(lines, "switch it on: "+iam("update-access-key --status Active", inactive.KeyID))
	case errors.As(err, &api) && api.ErrorCode() == "AccessDenied" && strings.Contains(api.ErrorMessage(), "iam:"):
		if !failed.MFA {
			lines = append(lines, fmt.Sprintf("if a policy demands MFA, add mfa_serial to profile %s in %s", name, visible.Text(a.settings.Files.Config)))
		}
		lines = append(lines, "the policy that a user needs for it: https://github.com/awsexec/awsexec/blob/main/docs/rotating.md")
	case api != nil && api.ErrorCode() == "InvalidClientTokenId" && (errors.Is(err, rotate.ErrNeitherWorks) || !errors.Is(err, rotate.ErrUnknownKey)):
		return hintFor(err, a, failed.Name) // the key in use does not work
	case !errors.Is(err, rotate.ErrUnknownKey):
		if advice := hintFor(err, a, failed.Name); advice != "" {
			lines = append(lines, advice)
		}
	}
	if failed.Begun {
		lines = append(lines, "the key in use still works; to finish: awsexec rotate "+name)
	}
	return strings.Join(lines, "\n")
}
