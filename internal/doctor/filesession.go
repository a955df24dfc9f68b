package doctor

import (
	"cmp"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/provider"
)

// expirations are the settings in which tools note when a session that they have
// written into an AWS file ends, such as saml2aws, aws-azure-login, aws-google-auth
// and aws-mfa. No SDK reads them.
var expirations = []string{"x_security_token_expires", "aws_expiration", "aws_session_expiration", "expiration"}

// checkFileSession finds a session in an AWS file that has ended: programs get it
// all the same, and AWS refuses it.
func (d *diagnosis) checkFileSession() {
	if d.plan == nil {
		return
	}
	end := last(d.plan)
	if end.Kind != provider.FileSession {
		return
	}
	settings, _ := d.in.Config.Lookup(end.Profile.Name)
	for _, key := range expirations {
		at, ok := noted(settings[key].Text)
		if !ok || at.After(d.in.Now()) {
			continue
		}
		place := setting(settings[key].Pos, key)
		d.found(Broken, Lifetime, place, fmt.Sprintf("profile %q: the session in the file expired at %s", end.Profile.Name, at.UTC().Format(time.RFC3339)),
			Edit{place.Place, "have the tool that wrote it write a new one"})
		return
	}
}

// noted returns the time that a tool has written, with its zone or in UTC.
func noted(text string) (time.Time, bool) {
	withZone, err := time.Parse(time.RFC3339, text)
	plain, plainErr := time.Parse(time.DateTime, text)
	if err != nil && plainErr != nil {
		return time.Time{}, false
	}
	return cmp.Or(withZone, plain), true
}
