package cli

import (
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/renew"
)

// hintOfRenewal returns the hint for a program that cannot renew its credentials.
func hintOfRenewal(err error, a *advisor, _ string) string {
	var source *renew.SourceError
	var passphrase *renew.PassphraseError
	var astray *renew.AstrayError
	switch {
	case errors.As(err, &source) && source.Given():
		return "name a profile whose key is stored: " + a.line(a.kept(heededBy("print")), []string{"--refresh", "-p", "NAME", "--"}) + " " + a.child()
	case errors.As(err, &source):
		return "start it without awsexec: SDKs renew such credentials by themselves"
	case errors.As(err, &passphrase):
		return hintOfPassphrase(passphrase.Profile, a.settings.CanHold(), a)
	case errors.As(err, &astray):
		return "see what is in its way: " + a.command("doctor", naming(astray.Profile))
	}
	return ""
}

// hintOfPassphrase returns the hint for renewals of a profile that each need a
// passphrase. CanHold says that unlock can keep the keystore open.
func hintOfPassphrase(name string, canHold bool, a *advisor) string {
	stay := fmt.Sprintf("have awsexec stay and renew for the program: %s -- %s", a.command("serve", naming(name)), a.child())
	if canHold {
		return "open it for some hours: " + a.command("unlock", "--for", "8h") + "\nor " + stay
	}
	return stay
}

func hintOfChild(err error, _ *advisor, _ string) string {
	if errors.Is(err, exec.ErrNotFound) {
		return "check the spelling and PATH"
	}
	return ""
}
