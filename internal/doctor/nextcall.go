package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/tokens"
	"github.com/awsexec/awsexec/internal/visible"
)

// lastResort is how long a session must last to be handed out where nobody can be
// asked for a new one.
const lastResort = time.Minute

// checkNextCall finds what the next call will need a person for, and whether
// programs without a terminal will fail.
func (d *diagnosis) checkNextCall(ctx context.Context) {
	if d.plan == nil {
		return
	}
	if err := provider.NeedsSignIn(ctx, d.plan, d.in.SignIns, d.in.env, d.in.Home, d.in.Now()); err != nil {
		d.foundSignIn(err)
		return
	}
	serial := d.codeOf()
	if serial == "" {
		return
	}
	if d.usesTOTP() {
		d.foundTOTP(ctx)
		return
	}
	text := fmt.Sprintf("the next call needs a code of the MFA device %s, because there is no session: ", visible.ARN(serial))
	switch {
	case d.in.NoPrompt:
		text += "it will fail, because prompts are switched off"
	case d.in.HasDialog:
		text += "it is asked for on the terminal; programs without one bring up a desktop dialog"
	default:
		text += "it is asked for on the terminal; programs without one will fail"
	}
	d.found(Notice, NextCall, Place{}, text, MakeSession{d.report.Profile.Name})
}

// foundSignIn adds that somebody has to sign in. A session that was made with the
// sign-in lasts as long as it would have without its end, unless somebody has signed
// out.
func (d *diagnosis) foundSignIn(err error) {
	signIn, _ := errors.AsType[*tokens.SignInError](err)
	if until := d.report.Session.Expires; !until.IsZero() && signIn.Reason != tokens.Missing {
		d.found(Notice, NextCall, Place{}, fmt.Sprintf("calls will fail after %s, when the session ends: %v", until.UTC().Format(time.RFC3339), err), AfterError{err})
		return
	}
	when := cmp.Or(d.in.WhenSignIn, profile.WhenSignIn(d.plan.Way(d.report.Profile)))
	switch {
	case d.in.NoPrompt || when == profile.SignInNever:
		d.found(Broken, NextCall, Place{}, "the next call will fail: "+err.Error(), AfterError{err})
	case when == profile.SignInAuto:
		d.found(Notice, NextCall, Place{}, "the next call opens a browser for a sign-in: "+err.Error(), AfterError{err})
	default:
		d.found(Broken, NextCall, Place{}, "the next call of a program will fail, and one on a terminal begins a sign-in: "+err.Error(), AfterError{err})
	}
}

// codeOf returns the MFA device that a code is needed of; "" if none is, or if a
// program gives it.
func (d *diagnosis) codeOf() string {
	s := d.report.Session
	switch {
	case !last(d.plan).LongTerm() || d.in.NoSession && d.plan.LongTerm():
		return ""
	case s.Err != nil || s.Expires.Sub(d.in.Now()) > lastResort || d.isSet("AWSEXEC_MFA_CODE"):
		return ""
	}
	serial := ""
	for _, p := range d.plan.Way(d.report.Profile) {
		if p.MFAProcess != "" {
			return "" // a program gives it
		}
		if serial == "" {
			serial = p.MFASerial
		}
	}
	return serial
}

// usesTOTP reports whether the codes come from the keystore.
func (d *diagnosis) usesTOTP() bool {
	return slices.ContainsFunc(d.plan.Way(d.report.Profile), func(p *profile.Profile) bool { return p.MFATOTP })
}

// foundTOTP adds where the codes of the next call come from.
func (d *diagnosis) foundTOTP(ctx context.Context) {
	of := last(d.plan)
	if of.Kind != provider.StoredKey {
		d.found(Broken, NextCall, Place{}, "mfa_totp = keystore: the key is not in the keystore", awsexec("import"))
		return
	}
	name := of.Profile.Name
	if d.in.Keystore.TOTP != nil {
		if has, err := d.in.Keystore.TOTP(ctx, name); err == nil && !has {
			d.found(Broken, NextCall, Place{}, fmt.Sprintf("mfa_totp = keystore: there is no TOTP secret beside key %q", name), awsexec("mfa", "add", name))
			return
		}
	}
	d.found(Notice, NextCall, Place{}, fmt.Sprintf("MFA codes are made from the TOTP secret beside key %q: both factors are in one place", name))
}
