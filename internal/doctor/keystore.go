package doctor

import (
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// checkKeystore finds the condition of the keystore, as far as it can be seen
// without opening it.
func (d *diagnosis) checkKeystore() {
	k := d.in.Keystore
	if k.Err == nil && !k.Unlocked.IsZero() {
		d.found(Notice, InKeystore, Place{}, fmt.Sprintf("%s is unlocked until %s", k.Name, visible.Until(k.Unlocked, d.in.Now())), awsexec("lock"))
	}
	for _, e := range k.Entries {
		if e.Rotating {
			d.found(Suspect, Rotation, Place{}, fmt.Sprintf("the rotation of key %q is not finished", e.Name), awsexec("rotate", e.Name))
		}
	}
	if k.Err != nil {
		d.found(d.needed(), InKeystore, Place{}, fmt.Sprintf("there is no keystore: %v", k.Err), AfterError{k.Err})
		return
	}
	if k.ListErr != nil {
		d.found(Broken, InKeystore, Place{}, fmt.Sprintf("the names of keys cannot be read: %v", k.ListErr), AfterError{k.ListErr})
	}
	found := func(s Severity, text string, remedies ...Remedy) {
		d.found(s, InKeystore, Place{}, k.Name+" "+text, remedies...)
	}
	switch {
	case k.Condition == keystore.ConditionSilent:
		found(Suspect, "does not answer", Advice{"log in to the desktop again, or use the encrypted file: awsexec --keystore file add NAME"})
	case k.Condition == keystore.ConditionAbsent && len(k.Entries) > 0 && k.Kind == keystore.KindKeyring:
		found(Broken, fmt.Sprintf("is not open; keys in it: %d", len(k.Entries)), Advice{"log in to the desktop, or open the keyring: in KeePassXC, its database"})
	case k.Condition == keystore.ConditionAbsent && len(k.Entries) > 0:
		found(Broken, fmt.Sprintf("is gone; keys that were in it: %d", len(k.Entries)), Advice{"restore it from a backup, or add the keys again:"}, awsexec("add", "NAME"))
	case k.Condition == keystore.ConditionAbsent:
		found(Notice, "is empty: no key has been added yet", awsexec("add", "NAME"))
	case k.Condition == keystore.ConditionLocked && k.Kind == keystore.KindKeyring:
		found(Notice, "is locked: the next use will ask to unlock it, or for your consent")
	case k.Condition == keystore.ConditionLocked && k.Identity:
		found(Notice, "is opened by an identity that may need you: each use without a session may ask for a passphrase, a PIN or a touch", d.unlock()...)
	case k.Condition == keystore.ConditionLocked && !d.isSet("AWSEXEC_PASSPHRASE"):
		found(Notice, "takes a passphrase: each use without a session will ask for it on the terminal, and programs without one will fail", d.unlock()...)
	}
}

// unlock returns the command that opens the keystore for some hours, where there is
// one.
func (d *diagnosis) unlock() []Remedy {
	if !d.in.CanHold {
		return nil
	}
	return []Remedy{awsexec("unlock")}
}

// checkPlaces finds keys that are in several keyrings of the desktop, and those
// that are in none.
func (d *diagnosis) checkPlaces() {
	k := d.in.Keystore
	if k.Kind != keystore.KindKeyring || k.Condition != keystore.ConditionOpen && k.Condition != keystore.ConditionLocked {
		return
	}
	for _, e := range k.Entries {
		var names []string
		for _, s := range k.Sights {
			if s.Name == e.Name {
				names = append(names, fmt.Sprintf("%q", s.Keyring))
			}
		}
		switch {
		case len(names) > 1:
			d.found(Suspect, InKeystore, Place{}, fmt.Sprintf("key %q is in several keyrings, %s: the copy that was changed last is used", e.Name, strings.Join(names, " and ")),
				Advice{"delete the others with the tools of your desktop"})
		case len(names) == 0 && k.Condition == keystore.ConditionOpen:
			d.found(Suspect, InKeystore, Place{}, fmt.Sprintf("key %q is in no keyring that is open", e.Name),
				Advice{"open the keyring that has it: in KeePassXC, its database"})
		}
	}
}

// needed returns how much it matters if there is no keystore.
func (d *diagnosis) needed() Severity {
	switch {
	case d.report.Err != nil:
		return Suspect
	case d.plan != nil && last(d.plan).Kind == provider.StoredKey:
		return Broken
	}
	return Notice
}
