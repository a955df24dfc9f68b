package cli

import (
	"errors"
	"runtime"
	"strings"

	"github.com/awsexec/awsexec/keystore"
)

func hintOfKeystore(err error, a *advisor, _ string) string {
	switch {
	case errors.Is(err, keystore.ErrWrongPassphrase):
		return "try again, or set the right AWSEXEC_PASSPHRASE"
	case errors.Is(err, keystore.ErrLocked):
		return hintOfLocked(a)
	case errors.Is(err, errNoFile):
		return "make it by adding a key: awsexec --keystore file add NAME"
	case errors.Is(err, keystore.ErrNotHeld):
		return "set AWSEXEC_PASSPHRASE where awsexec runs: without the help of a Linux kernel the passphrase is needed each time"
	case errors.Is(err, keystore.ErrNoPassphrase):
		return "change its password with the tools of your desktop\nif you mean the encrypted file: awsexec --keystore file passphrase"
	case errors.Is(err, keystore.ErrUnavailable):
		const file = "on a machine without a keyring, keep keys in a file encrypted with a passphrase: awsexec --keystore file add NAME\n"
		if a.settings.Env("WSL_DISTRO_NAME") != "" {
			return file + "this is WSL, which has no keyring of its own; the keys of Windows can be had through the build for Windows: awsexec.exe --profile NAME"
		}
		if runtime.GOOS != "linux" { // the keyring is part of the system
			return strings.TrimSpace(file)
		}
		return file + "on a desktop, start the keyring (gnome-keyring, KWallet), and run awsexec inside the session that has it"
	case errors.Is(err, keystore.ErrCorrupt) && a.session.Opened() != nil && a.session.Opened().Kind() == keystore.KindKeyring:
		return "store the key again, in its place: awsexec add NAME --force\nor delete the item with the tools of your desktop"
	case errors.Is(err, keystore.ErrCorrupt):
		return "the file was left as it is; restore it from a backup, or move it away and add the keys again"
	case errors.Is(err, keystore.ErrTooBig):
		return "keep keys in the encrypted file instead: --keystore file"
	}
	return ""
}

// hintOfLocked returns the hint for a keystore that nobody has unlocked.
func hintOfLocked(a *advisor) string {
	const file = "set AWSEXEC_PASSPHRASE for the encrypted file"
	switch {
	case a.session.Opened() == nil || a.session.Opened().Kind() != keystore.KindFile:
		return "unlock the keyring in your desktop session, or " + file
	case a.settings.CanHold():
		return file + ", or give its passphrase once on a terminal for some hours: awsexec unlock"
	}
	return file
}
