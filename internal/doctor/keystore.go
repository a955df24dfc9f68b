package doctor

import (
	"fmt"

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
	found := func(s Severity, text string, remedies ...Remedy) {
		d.found(s, InKeystore, Place{}, k.Name+" "+text, remedies...)
	}
	switch {
	case k.Condition == keystore.ConditionSilent:
		found(Suspect, "does not answer", Advice{"log in to the desktop again, or use the encrypted file: awsexec --keystore file add NAME"})
	case k.Condition == keystore.ConditionAbsent && len(k.Entries) > 0:
		found(Broken, fmt.Sprintf("is gone, and %d keys with it", len(k.Entries)), Advice{"restore it from a backup, or add the keys again:"}, awsexec("add", "NAME"))
	case k.Condition == keystore.ConditionAbsent:
		found(Notice, "is empty: no key has been added yet", awsexec("add", "NAME"))
	case k.Condition == keystore.ConditionLocked && k.Kind == keystore.KindKeyring:
		found(Notice, "is locked: the next use will ask to unlock it")
	case k.Condition == keystore.ConditionLocked && !d.isSet("AWSEXEC_PASSPHRASE"):
		var remedies []Remedy
		if d.in.CanHold {
			remedies = append(remedies, awsexec("unlock"))
		}
		found(Notice, "takes a passphrase: each use without a session will ask for it on the terminal, and programs without one will fail", remedies...)
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
