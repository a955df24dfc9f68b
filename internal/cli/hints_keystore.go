package cli

import (
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// openKeyring is the advice for keys in a keyring that is closed. What KeePassXC has
// in a database that is closed, not just locked, nobody can see.
const openKeyring = "open the keyring that has the key: log in to the desktop, or, in KeePassXC, open its database"

func hintOfKeystore(err error, a *advisor, name string) string {
	inFile := func(command string, words ...string) string {
		return a.line([]string{"--keystore", "file"}, append([]string{command}, words...))
	}
	var of *keystore.KeyError
	var noHelper *keystore.NoHelperError
	helper, isHelper := a.helper(err)
	if advice := hintOfAccess(err, a); advice != "" {
		return advice
	}
	switch {
	case errors.As(err, new(*session.WeakPassphraseError)):
		return "whoever gets a copy of the file can try as many as they like: take four or more random words"
	case errors.Is(err, keystore.ErrWrongPassphrase):
		return "try again, or set the right AWSEXEC_PASSPHRASE"
	case errors.Is(err, keystore.ErrLocked):
		return hintOfLocked(err, a)
	case errors.Is(err, keystore.ErrNewer), errors.As(err, new(*cache.NewerError)):
		return "use the newer awsexec, which is elsewhere on this machine or was here before; nothing was changed"
	case errors.Is(err, errNoFile):
		return "make it by adding a key: " + inFile("add", "NAME")
	case errors.Is(err, keystore.ErrNotHeld):
		return "set AWSEXEC_PASSPHRASE where awsexec runs: without the help of a Linux kernel the passphrase is needed each time"
	case errors.Is(err, keystore.ErrNoPassphrase):
		if looks, ok := a.looks(); ok && a.isFile() && !looks.Passphrase {
			return "see who can open it: awsexec keystore recipients\nto go back to a passphrase: awsexec keystore init --passphrase"
		}
		const desktop = "change its password with the tools of your desktop"
		if options, err := a.session.KeystoreOptions(); err != nil || !keystore.FileExists(options) {
			return desktop
		}
		return desktop + "\nif you mean the encrypted file: " + inFile("passphrase")
	case errors.As(err, &noHelper):
		return hintOfNoHelper(noHelper)
	case errors.Is(err, keystore.ErrUnavailable) && isHelper:
		return "try it alone: " + helper + " version\nif the program behind it is missing or not set up, do that first"
	case errors.Is(err, keystore.ErrUnavailable):
		if keystore.CheckName(name) != nil || !a.isNamed() {
			name = "NAME"
		}
		file := "on a machine without a keyring, keep keys in a file encrypted with a passphrase: " + inFile("add", name) + "\n"
		if slices.Contains(a.own, "login") { // there may be no key to add
			file = "on a machine without a keyring, keep what seals the tokens in a file encrypted with a passphrase: " + a.line([]string{"--keystore", "file"}, a.own) + "\n"
		}
		if a.settings.Env("WSL_DISTRO_NAME") != "" {
			return file + "this is WSL, which has no keyring of its own; the keys of Windows can be had through the build for Windows: awsexec.exe --profile NAME"
		}
		if runtime.GOOS != "linux" { // the keyring is part of the system
			return strings.TrimSpace(file)
		}
		if a.keyringHasKeys() {
			return openKeyring + ", and run awsexec inside the session that has it"
		}
		return file + "on a desktop, start the keyring (gnome-keyring, KWallet, KeePassXC with a database open), and run awsexec inside the session that has it"
	case errors.Is(err, keystore.ErrCorrupt) && errors.As(err, &of) && isHelper:
		return "store the key again, in its place: " + a.command("add", of.Name, "--force")
	case errors.Is(err, keystore.ErrCorrupt) && errors.As(err, &of) && a.session.Opened() != nil && a.session.Opened().Kind() == keystore.KindKeyring:
		return "store the key again, in its place: " + a.command("add", of.Name, "--force") + "\nor delete the item with the tools of your desktop"
	case errors.Is(err, keystore.ErrCorrupt):
		return "the file was left as it is; restore it from a backup, or move it away and add the keys again"
	case errors.Is(err, keystore.ErrTooBig):
		return "keep keys in the encrypted file instead: " + inFile("add", name)
	}
	return ""
}

// hintOfLocked returns the hint for a keystore that nobody has unlocked.
func hintOfLocked(err error, a *advisor) string {
	if helper, ok := a.helper(err); ok {
		way := "unlock what " + helper + " uses"
		if helper == "docker-credential-pass" {
			way = "have gpg-agent ask for the passphrase once, and keep it: pass show NAME, with any name of \"pass ls\""
		}
		if a.settings.NoPrompt {
			way += "; or call awsexec without --no-prompt and AWSEXEC_NO_PROMPT"
		}
		return way
	}
	const file = "set AWSEXEC_PASSPHRASE for the encrypted file"
	keyring := !a.isFile()
	if of, ok := errors.AsType[*keystore.KeyError](err); ok { // perhaps of a store that keys are moved to
		keyring = !filepath.IsAbs(of.Store)
	}
	switch looks, ok := a.looks(); {
	case !keyring && ok && !looks.Passphrase && a.settings.CanHold():
		return "open it once on a terminal for some hours: " + a.command("unlock")
	case !keyring && ok && !looks.Passphrase:
		return "see what opens it: awsexec keystore status"
	case keyring && a.settings.NoPrompt:
		return "unlock the keyring in your desktop session; if it asks for your consent, call awsexec without --no-prompt and AWSEXEC_NO_PROMPT"
	case keyring:
		return "unlock the keyring in your desktop session, or " + file
	case a.settings.CanHold():
		return file + ", or give its passphrase once on a terminal for some hours: " + a.command("unlock")
	}
	return file
}

// helper returns the program of the credential helper that err is about, or else
// that keeps the keys; ok is false if none does.
func (a *advisor) helper(err error) (program string, ok bool) {
	var of *keystore.KeyError
	if errors.As(err, &of) {
		return of.Store, strings.HasPrefix(of.Store, "docker-credential-")
	}
	if a.session == nil || a.session.Opened() == nil {
		return "", false
	}
	_, ok = a.session.Opened().Kind().Helper()
	return a.session.Opened().String(), ok
}

// hintOfNoHelper returns the hint for a credential helper that is not installed.
func hintOfNoHelper(e *keystore.NoHelperError) string {
	switch e.Program {
	case "docker-credential-pass", "docker-credential-secretservice":
		return "on Debian and Ubuntu it is in a package: sudo apt install golang-docker-credential-helpers"
	}
	return "install it, or write one: a program of that name that speaks the protocol of Docker's credential helpers"
}

// isFile reports whether the keystore that was opened is the encrypted file.
func (a *advisor) isFile() bool {
	return a.session.Opened() != nil && a.session.Opened().Kind() == keystore.KindFile
}

// looks returns what is known about the encrypted file without opening it.
func (a *advisor) looks() (looks keystore.Looks, ok bool) {
	o, err := a.session.KeystoreOptions()
	if err != nil {
		return looks, false
	}
	looks, err = keystore.LookAtFile(o)
	return looks, err == nil
}

// isNamed reports whether the user has named a profile.
func (a *advisor) isNamed() bool {
	return a.settings.Profile != "" || a.settings.Env("AWS_PROFILE") != "" || a.settings.Env("AWS_DEFAULT_PROFILE") != ""
}

// hintOfLock returns the hint about a keystore that was unlocked.
func hintOfLock(a *advisor) string { return "end this with: " + a.command("lock") }

// hintOfNoKeys returns the hint about an empty keystore.
func hintOfNoKeys(a *advisor) string { return "store one: " + a.command("add", "NAME") }

// hintOfMove returns the hint for keys that were not moved.
func hintOfMove(err error, a *advisor, _ string) string {
	var other *custody.OtherKeyError
	var unfinished *unfinishedMoveError
	switch {
	case errors.As(err, &unfinished):
		return "finish it first: " + a.line(nil, []string{"keystore", "migrate", "--to", string(unfinished.chosen.Kind)})
	case errors.As(err, &other) && other.Switched:
		return "it was changed since the move began; remove the old copy: " + a.line([]string{"--keystore", string(other.From)}, []string{"remove", other.Name})
	case errors.As(err, &other):
		return "put the key in its place: " + a.again("--force") +
			"\nor remove the other one: " + a.line([]string{"--keystore", string(other.To.Kind())}, []string{"remove", other.Name})
	}
	return ""
}
