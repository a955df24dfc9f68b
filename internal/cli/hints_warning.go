package cli

import (
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/visible"
)

// hintOfWarning returns the hint about something that went wrong without
// ending the run; "" if there is none.
func hintOfWarning(err error, a *advisor) string {
	var plaintext *provider.PlaintextKeyError
	var partial *provider.EnvironmentError
	var expiration *provider.ExpirationError
	var skew *provider.SkewError
	var linked *migrate.LinkedError
	var copied *migrate.CopiedError
	var still *stillInFileError
	var unreached *unreachedError
	var left keyLeftError
	var old *oldKeyError
	var passphrase *passphraseWarning
	var twice *otherNameError
	var regionless *noRegionError
	var foreign *foreignKeyError
	var unlogged *logbook.WriteError
	var withoutMFA *provider.WithoutMFAError
	var packed *provider.PackedError
	var plain *plainLeftError
	var readable *openIdentityError
	switch {
	case errors.As(err, &plaintext):
		return a.moveKey("move it into the keystore", plaintext.Profile)
	case errors.As(err, &partial):
		return "take it out: " + unsetCommand([]string{partial.Set})
	case errors.As(err, &expiration):
		return "take it out: " + unsetCommand([]string{provider.ExpirationVariable})
	case errors.As(err, &skew):
		return "set the clock, or switch on its synchronisation"
	case errors.As(err, &twice):
		return hintOfOtherName(twice, a)
	case errors.As(err, &regionless):
		return fmt.Sprintf("write region = REGION into the profile, in %s", visible.Text(a.settings.Files.Config))
	case errors.As(err, &foreign):
		return hintOfOtherService(a, a.settings.SelectedName())
	case errors.As(err, &unlogged):
		return hintOfUnlogged(unlogged)
	case errors.As(err, &old):
		return "replace it: " + a.command("rotate", old.name)
	case errors.As(err, &withoutMFA):
		return "a role keeps MFA: a profile with role_arn and source_profile = " + quoteWord(withoutMFA.Profile.Name)
	case errors.As(err, &packed):
		return "make the policy shorter, or use fewer ARNs and session tags, before AWS refuses them"
	case errors.As(err, &readable):
		return "keep it to yourself: chmod 600 " + quoteWord(readable.path)
	case errors.As(err, &plain):
		return plain.hint()
	case errors.Is(err, errRootKey):
		return "AWS advises against such keys: create an IAM user, and delete this key"
	case errors.As(err, &linked):
		return fmt.Sprintf("find them, and delete them if nothing needs them: find %s -xdev -inum %d", quoteWord(linked.Root), linked.Inode)
	case errors.As(err, &copied) && copied.Ours:
		return "take it out with an editor; it is in a comment, or in another profile"
	case errors.As(err, &copied):
		return "delete it if nothing needs it: rm " + quoteWord(copied.Path)
	case errors.As(err, &passphrase):
		return hintOfPassphrase(passphrase.profile, passphrase.canHold, a)
	case errors.As(err, &unreached):
		return hintOfUnreached(unreached, a)
	case errors.As(err, &still) && still.same:
		return a.moveKey("take it out of the file", still.profile)
	case errors.As(err, &still):
		return "delete aws_access_key_id and aws_secret_access_key there"
	case errors.Is(err, errUnknownKey):
		return "see which keys there are, and delete the one that nothing uses: aws iam list-access-keys"
	case errors.As(err, &left):
		return "if nothing uses it: aws iam delete-access-key --access-key-id " + quoteWord(left.keyID)
	}
	return hintOfTOTP(err, a, "")
}
