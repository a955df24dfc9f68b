package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/visible"
)

// checkLifetime finds credentials that live longer or shorter than it looks.
func (d *diagnosis) checkLifetime() {
	if d.plan == nil {
		return
	}
	for _, r := range provider.Reduced(d.plan, d.in.flags(d.in.Profile != "")) {
		at := setting(r.Role.Origin["duration_seconds"], "duration_seconds")
		d.found(Notice, Lifetime, at, visible.Masked(r.Error()), Edit{at.Place, "write 3600, or take it out"})
	}
	if d.in.NoSession && d.plan.LongTerm() {
		d.found(Notice, Lifetime, Place{Flag: "--no-session"},
			visible.Masked((&provider.LongTermKeyError{Profile: d.plan.Profile.Name, KeyID: d.in.keyID(d.plan)}).Error()))
	}
	d.checkNoSession()
}

// checkNoSession finds profiles whose own command line gives the long-term key.
func (d *diagnosis) checkNoSession() {
	for _, name := range d.in.Config.Names() {
		settings, _ := d.in.Config.Lookup(name)
		command := settings["credential_process"]
		if d.isSelf(command.Text) && slices.Contains(strings.Fields(command.Text), "--no-session") {
			at := setting(command.Pos, "credential_process")
			d.found(Notice, Lifetime, at,
				fmt.Sprintf("profile %q: --no-session gives programs the long-term key itself, which never expires", name), Edit{at.Place, "take --no-session out"})
		}
	}
}
