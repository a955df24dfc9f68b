package doctor

import (
	"fmt"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/provider"
)

// checkPlaintextTokens finds tokens of sign-ins that the AWS CLI has left in
// plaintext. Those that the user wanted there, for programs that read them, are none,
// and neither are those that are good for nothing any more.
func (d *diagnosis) checkPlaintextTokens() {
	for _, s := range d.report.SignIns {
		for _, f := range s.Tokens {
			if f.Sealed || f.Copied || f.Err != nil || f.Ended(d.in.Now()) != nil {
				continue
			}
			text := fmt.Sprintf("the tokens of the sign-in %q are on the disk in plaintext", s.Name)
			switch {
			case !f.Renewable:
				text += ", valid until " + f.Expires.UTC().Format(time.RFC3339)
			case f.RenewableUntil.IsZero():
				text += ", with what renews them"
			default:
				text += ", with what renews them until " + f.RenewableUntil.UTC().Format(time.RFC3339)
			}
			d.found(Notice, TokensInPlain, file(f.Path), text, Adopt{s})
		}
	}
}

// checkSealedTokens finds that programs which read the profile themselves do not find
// the tokens of its sign-in.
func (d *diagnosis) checkSealedTokens() {
	for p := d.plan; p != nil; p = p.From {
		if len(p.Via) > 0 { // they run awsexec
			return
		}
	}
	end := last(d.plan)
	if end == nil {
		return
	}
	at := slices.IndexFunc(d.report.SignIns, func(s provider.SignIn) bool { return s.IsOf(end) })
	if at < 0 {
		return
	}
	files := d.report.SignIns[at].Tokens
	usable := func(f provider.TokensFile) bool { return f.Err == nil && f.Ended(d.in.Now()) == nil }
	own := slices.ContainsFunc(files, func(f provider.TokensFile) bool { return f.Sealed && usable(f) })
	plain := slices.ContainsFunc(files, func(f provider.TokensFile) bool { return !f.Sealed && usable(f) })
	if own && !plain {
		d.found(Notice, TokensSealed, Place{}, fmt.Sprintf("AWS SDKs and the AWS CLI cannot use profile %q by themselves: the tokens of its sign-in are sealed for awsexec", end.Profile.Name), RunWith{d.report.Profile.Name})
	}
}
