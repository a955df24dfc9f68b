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
		return hintOfCopy(copied, a) + "\nto finish: " + a.command("rotate", failed.Name)
	case errors.As(err, &copied):
		return hintOfCopy(copied, a)
	case errors.As(err, &stored) && stored.stored != "":
		return "rotate that: " + a.command("rotate", stored.stored)
	case errors.As(err, &stored) && stored.inFile != "":
		return a.moveKey("take it into the keystore first", stored.inFile)
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
		return fmt.Sprintf("let profile %s use this one: credential_process = %s\nand remove the copy: %s",
			e.StoredAs, a.process(e.Name), a.command("remove", e.StoredAs))
	case e.InFile.Obstacle != "":
		return "take it out of there by hand: " + e.InFile.Obstacle
	default:
		return a.moveKey("take it out of there", e.InFile.Profile)
	}
}

// hintOfFailedRotation returns the hint for a rotation that was cut short.
func hintOfFailedRotation(failed *rotate.Error, a *advisor) string {
	err := failed.Err
	again := a.command("rotate", failed.Name)
	iam := func(keyID, command string, words ...string) string {
		flags := append(a.kept([]string{"keystore", "region"}), "-p", failed.Name)
		if !failed.MFA { // the AWS CLI cannot call IAM with such a session
			flags = append(flags, "--no-session")
		}
		return a.line(flags, append([]string{"--", "aws", "iam", command, "--access-key-id", keyID}, words...))
	}
	var lines []string
	var taken *rotate.KeyInTheWay
	var inactive *rotate.InactiveError
	var other *rotate.NotCurrentError
	var api smithy.APIError
	switch {
	case errors.As(err, &other) && other.Current == other.Old:
		return "to finish: " + again
	case errors.As(err, &other):
		for _, id := range []string{other.Old, other.New} {
			lines = append(lines, "if nothing uses it: aws iam delete-access-key --access-key-id "+quoteWord(id))
		}
		return strings.Join(lines, "\n")
	case errors.As(err, &taken) && taken.StoredAs != "":
		remove := a.command("remove", taken.StoredAs)
		if taken.Elsewhere != "" {
			remove = a.line([]string{"--keystore", string(taken.Elsewhere)}, []string{"remove", taken.StoredAs})
		}
		lines = append(lines, "if it is not needed, delete it: "+iam(taken.Key.ID, "delete-access-key")+" && "+remove)
	case errors.As(err, &taken):
		lines = append(lines, "on a terminal and without --yes, awsexec offers to delete it",
			"or delete it yourself, if nothing uses it: "+iam(taken.Key.ID, "delete-access-key"))
	case errors.As(err, &inactive):
		lines = append(lines, "switch it on: "+iam(inactive.KeyID, "update-access-key", "--status", "Active"))
	case errors.As(err, &api) && api.ErrorCode() == "AccessDenied" && strings.Contains(api.ErrorMessage(), "iam:"):
		if !failed.MFA {
			lines = append(lines, fmt.Sprintf("if a policy demands MFA, add mfa_serial to profile %s in %s", quoteWord(failed.Name), visible.Text(a.settings.Files.Config)))
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
		lines = append(lines, "the key in use still works; to finish: "+again)
	}
	return strings.Join(lines, "\n")
}
