package populate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsapi"
)

// NameError reports names that cannot be given to profiles.
type NameError struct {
	Template  string
	Conflicts []Conflict
}

// Conflict is a name that several roles would get, or that somebody has.
type Conflict struct {
	Name  string
	Roles []awsapi.AccountRole
	By    string // who has it; "" if nobody
}

func (c Conflict) String() string {
	var of []string
	for _, r := range c.Roles {
		of = append(of, fmt.Sprintf("role %s in account %s (%s)", r.Role, r.ID, r.Name))
	}
	if c.By != "" {
		return fmt.Sprintf("%q is the name of %s and would be that of %s", c.Name, c.By, strings.Join(of, " and of "))
	}
	return fmt.Sprintf("%q would be the name of %s", c.Name, strings.Join(of, " and of "))
}

// shownConflicts is how many conflicts an error names.
const shownConflicts = 5

func (e *NameError) Error() string {
	var lines []string
	for _, c := range e.Conflicts[:min(len(e.Conflicts), shownConflicts)] {
		lines = append(lines, c.String())
	}
	if more := len(e.Conflicts) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("the template %s gives names that are not free: %s", e.Template, strings.Join(lines, "; "))
}

// forms are the names that a role may get by the default template. Where one is not
// free, or would be that of several roles, each of these gets the next.
var forms = []func(r awsapi.AccountRole) string{
	func(r awsapi.AccountRole) string { return mustTemplate(DefaultTemplate).Name(r, "") },
	func(r awsapi.AccountRole) string { return mustTemplate("{account}-{account_id}-{role}").Name(r, "") },
	func(r awsapi.AccountRole) string { // names of roles that differ in what a profile's cannot have
		sum := sha256.Sum256([]byte(r.Role))
		return mustTemplate("{account}-{account_id}-{role}").Name(r, "") + "-" + hex.EncodeToString(sum[:4])
	},
}

func mustTemplate(text string) Template { return Template{text} }

// names returns a name for each role, none of them twice and none that by returns an
// owner for.
func (r *Request) names(roles []awsapi.AccountRole, by func(name string) string) ([]string, error) {
	names := make([]string, len(roles))
	form := make([]int, len(roles))
	last := len(forms) - 1
	for i, role := range roles {
		if names[i] = r.Template.Name(role, r.SignInName()); r.Template.text != DefaultTemplate {
			form[i] = last // the user has chosen it: there is no other
		}
	}
	for {
		of := make(map[string][]int, len(roles))
		for i, name := range names {
			of[name] = append(of[name], i)
		}
		changed := false
		var conflicts []Conflict
		for name, who := range of {
			owner := by(name)
			if len(who) == 1 && owner == "" {
				continue
			}
			moved := false
			for _, i := range who {
				if form[i] < last {
					form[i]++
					names[i] = forms[form[i]](roles[i])
					moved = true
				}
			}
			if changed = changed || moved; moved {
				continue
			}
			c := Conflict{Name: name, By: owner}
			for _, i := range who {
				c.Roles = append(c.Roles, roles[i])
			}
			conflicts = append(conflicts, c)
		}
		switch {
		case changed:
		case len(conflicts) > 0:
			slices.SortFunc(conflicts, func(a, b Conflict) int { return strings.Compare(a.Name, b.Name) })
			return nil, &NameError{r.Template.text, conflicts}
		default:
			return names, nil
		}
	}
}
