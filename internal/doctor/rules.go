package doctor

import (
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/provider"
)

// checkRules shows the rules about who may have the credentials.
func (d *diagnosis) checkRules() {
	if d.plan == nil {
		return
	}
	rules := provider.RulesOf(d.report.Profile, d.plan)
	allow, confirm := rules.Places()
	if len(rules.Allow) > 0 {
		d.found(Notice, Rule, Place{}, fmt.Sprintf("only %s and what they start get the credentials of this profile (%s)", strings.Join(rules.Allow, ", "), allow))
	}
	if rules.Confirm {
		d.found(Notice, Rule, Place{}, fmt.Sprintf("a person is asked before a program that is new gets the credentials of this profile (%s)", confirm))
	}
}
