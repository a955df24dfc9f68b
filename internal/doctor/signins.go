package doctor

import (
	"fmt"
	"time"
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
