package doctor

import (
	"fmt"
	"slices"

	"github.com/awsexec/awsexec/internal/profile"
)

// checkIgnored finds settings on the way to the credentials that count as absent
// because of their values.
func (d *diagnosis) checkIgnored() {
	for _, p := range d.onTheWay() {
		for _, ignored := range p.Ignored {
			at := setting(ignored.Pos, ignored.Key)
			text := fmt.Sprintf("profile %q: %s %s: it counts as absent, here and in SDKs", p.Name, ignored.Key, ignored.Reason)
			if ignored.Key == "services" {
				text = fmt.Sprintf("profile %q: %s: %s: it counts as absent, but boto3 and the AWS CLI fail with it", p.Name, ignored.Key, ignored.Reason)
			}
			d.found(Suspect, Ignored, at, text, Edit{at.Place, "correct it, or take it out"})
		}
	}
}

// checkDevices finds MFA devices that count for awsexec alone: of profiles whose
// credential_process calls it for another profile, which has no device.
func (d *diagnosis) checkDevices() {
	for p := d.plan; p != nil; p = p.From {
		for _, via := range p.Via {
			of := last(p).Profile
			if device := via.Origin["mfa_serial"]; via.MFASerial != "" && of.Origin["mfa_serial"] == device {
				d.found(Suspect, NotUsed, setting(device, "mfa_serial"), fmt.Sprintf(
					"profile %q: SDKs get a session without MFA, because its credential_process is about profile %q, which has no mfa_serial", via.Name, p.Profile.Name),
					Configure{of.Name, "mfa_serial", via.MFASerial})
			}
		}
	}
}

// onTheWay returns the profiles that lead to the credentials, the selected one
// first.
func (d *diagnosis) onTheWay() (all []*profile.Profile) {
	for _, p := range d.plan.Way(d.report.Profile) {
		if !slices.ContainsFunc(all, func(q *profile.Profile) bool { return q.Name == p.Name }) {
			all = append(all, p)
		}
	}
	return all
}
