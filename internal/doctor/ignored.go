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

// onTheWay returns the profiles that lead to the credentials, the selected one
// first.
func (d *diagnosis) onTheWay() []*profile.Profile {
	var all []*profile.Profile
	add := func(p *profile.Profile) {
		if p != nil && !slices.ContainsFunc(all, func(q *profile.Profile) bool { return q.Name == p.Name }) {
			all = append(all, p)
		}
	}
	for p := d.report.Profile; p != nil; p = p.Source {
		add(p)
	}
	for step := d.plan; step != nil; step = step.From {
		add(step.Profile)
	}
	return all
}
