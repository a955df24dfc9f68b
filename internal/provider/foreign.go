package provider

import (
	"fmt"

	"github.com/awsexec/awsexec/internal/profile"
)

// ForeignError reports a profile that is written for another tool.
type ForeignError struct {
	Profile string
	profile.Foreign
	MFA bool // the setting leads to an MFA device, else to credentials
}

func (e *ForeignError) Error() string {
	at := fmt.Sprintf("profile %q: %s: %s", e.Profile, e.Pos, e.Key)
	switch {
	case e.MFA:
		return fmt.Sprintf("%s is a setting of %s, which finds an MFA device by it; no SDK does, and without one the session would be made without MFA", at, e.Tool)
	case e.Source != "":
		return fmt.Sprintf("%s without role_arn is another name of profile %q for %s alone; no SDK reads it so", at, e.Source, e.Tool)
	}
	return fmt.Sprintf("%s is a setting of %s, which finds credentials by it; no SDK does", at, e.Tool)
}

// foreign returns the error for a profile without credentials that another tool
// could use; nil if there is no such thing.
func foreign(p *profile.Profile) error {
	if f := p.Foreign(); f != nil {
		return &ForeignError{p.Name, *f, false}
	}
	return nil
}

// checkMFA returns an error if a long-term key would make a session without MFA,
// although a profile of plan names a device in a way that only another tool reads.
func checkMFA(plan *Plan) error {
	var found *ForeignError
	for p := plan; p != nil; p = p.From {
		if p.Profile.MFASerial != "" || p.From == nil && !p.LongTerm() {
			return nil
		}
		for _, of := range append([]*profile.Profile{p.Profile}, p.Via...) {
			if f := of.ForeignMFA(); f != nil && found == nil {
				found = &ForeignError{of.Name, *f, true}
			}
		}
	}
	if found == nil {
		return nil
	}
	return found
}
