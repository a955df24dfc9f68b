package cli

import (
	"errors"
	"strings"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/tpmkey"
	"github.com/awsexec/awsexec/keystore"
)

// hintOfAccess returns the hint for an error about who can open the encrypted file.
func hintOfAccess(err error, a *advisor) string {
	const status, adopt = "see what opens it: awsexec keystore status", "say which file has one: awsexec keystore init --identity FILE"
	var started *initError
	var recovery *recoveryError
	var plugin *agekeys.PluginError
	var locked *agekeys.PassphraseError
	switch {
	case errors.As(err, &recovery):
		return strings.Join(recovery.ways, "\n")
	case errors.As(err, &started):
		return (&advisor{}).line(started.command, started.words)
	case errors.As(err, new(badRecipientError)):
		return "a recipient is age1…, a public key of SSH (ssh-ed25519 or ssh-rsa), or a file with some"
	case errors.As(err, &plugin):
		return hintOfPlugin(plugin)
	case errors.As(err, &locked):
		return hintOfLockedIdentity(locked, err, a)
	case errors.Is(err, keystore.ErrUntried) && errors.Is(err, agekeys.ErrNoMatch):
		return "the identity and the recipient must be two halves of one key"
	case errors.Is(err, tpmkey.ErrMissing):
		return "let your user open the TPM, as the group tss does on many systems, or set AWSEXEC_TPM to its device"
	case errors.Is(err, tpmkey.ErrLockout):
		return "wait, some TPMs for a day; a recovery identity opens the file meanwhile: awsexec keystore init --identity FILE"
	case errors.Is(err, tpmkey.ErrForeign):
		return "open the file with a recovery identity: awsexec keystore init --identity FILE\nand have this TPM open it then: awsexec keystore init --tpm"
	case errors.Is(err, tpmkey.ErrWrongPIN):
		return "try again; the TPM counts wrong PINs, and takes none for some time after too many"
	case errors.Is(err, tpmkey.ErrSilent):
		return "end what else uses the TPM, or restart the machine"
	case errors.As(err, new(*keystore.IdentityError)):
		return adopt
	case errors.Is(err, agekeys.ErrNoMatch), errors.Is(err, agekeys.ErrNoIdentity):
		return adopt + "\n" + status
	case errors.Is(err, keystore.ErrNoRecipients):
		return "encrypt it to recipients instead: awsexec keystore init --recipient RECIPIENT --identity FILE"
	case errors.Is(err, errLastRecipient):
		return "add another one before: awsexec keystore recipients add RECIPIENT"
	case errors.Is(err, errNotRecipient):
		return "list them: awsexec keystore recipients"
	}
	return ""
}

// hintOfLockedIdentity returns the hint for an identity whose passphrase is missing.
func hintOfLockedIdentity(locked *agekeys.PassphraseError, err error, a *advisor) string {
	switch {
	case errors.Is(locked, keystore.ErrWrongPassphrase):
		return "try again"
	case errors.Is(err, keystore.ErrUntried) || !a.settings.CanHold():
		return "run it on a terminal, without --no-prompt and AWSEXEC_NO_PROMPT"
	}
	return "open it once on a terminal for some hours: " + a.command("unlock")
}

func hintOfPlugin(e *agekeys.PluginError) string {
	switch {
	case session.Unasked(e.Err):
		return "open the keystore once on a terminal for some hours: awsexec unlock"
	case errors.Is(e, agekeys.ErrNoPlugin):
		return "install " + agekeys.Program(e.Name) + " where PATH leads; or use another identity: awsexec keystore init --identity FILE"
	case errors.Is(e, agekeys.ErrUntouched):
		return "do what it asks for, in time; to do it once for some hours: awsexec unlock"
	case errors.Is(e, agekeys.ErrSilent):
		return "plug the key in anew, or end what else uses it"
	case errors.Is(e, agekeys.ErrGarbage):
		return "another program of this name may be in PATH, or an old one"
	}
	return "see what opens it: awsexec keystore status"
}
