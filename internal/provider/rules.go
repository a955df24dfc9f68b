package provider

import (
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// Rules say which programs may have the credentials of a plan. They help against
// mistakes: whoever can run programs can give one another name.
type Rules struct {
	Allow   []string // names of programs, or patterns; empty for all
	Confirm bool     // a person is asked before a program that is new gets them

	allow, confirm *profile.Profile // that say so
}

// RulesOf returns the rules for the credentials that p leads to by plan. Those of p
// win over those of the profiles that it gets its credentials from, the nearest first.
// Credentials in the environment are nobody's.
func RulesOf(p *profile.Profile, plan *Plan) (r Rules) {
	if plan.Kind == EnvironmentKey || plan.Kind == EnvironmentSession {
		return r
	}
	add := func(p *profile.Profile) {
		if r.allow == nil && len(p.Allow) > 0 {
			r.Allow, r.allow = p.Allow, p
		}
		if _, written := p.Origin[profile.ConfirmKey]; r.confirm == nil && written {
			r.Confirm, r.confirm = p.Confirm, p
		}
	}
	for _, p := range plan.Way(p) {
		add(p)
	}
	return r
}

// Any reports whether there is a rule.
func (r Rules) Any() bool { return len(r.Allow) > 0 || r.Confirm }

// Places returns where the rules are written.
func (r Rules) Places() (allow, confirm awsini.Pos) {
	if r.allow != nil {
		allow = r.allow.Origin[profile.AllowKey]
	}
	if r.confirm != nil {
		confirm = r.confirm.Origin[profile.ConfirmKey]
	}
	return allow, confirm
}

// Check returns a RefusedError unless one of programs, by their names, may have the
// credentials. The first is the one that gets them, the others have started it.
// Without programs it is not known who gets them.
func (r Rules) Check(programs ...string) error {
	if len(r.Allow) == 0 {
		return nil
	}
	for _, name := range programs {
		for _, pattern := range r.Allow {
			if matches(pattern, name) {
				return nil
			}
		}
	}
	refused := &RefusedError{Profile: r.allow.Name, Allowed: r.Allow}
	refused.At, _ = r.Places()
	if len(programs) > 0 {
		refused.Program = programs[0]
	}
	return refused
}

// matches reports whether a program has a name of the form of pattern. Letter case
// does not count on Windows, nor does .exe.
func matches(pattern, name string) bool {
	if runtime.GOOS == "windows" {
		pattern, name = strings.TrimSuffix(strings.ToLower(pattern), ".exe"), strings.TrimSuffix(strings.ToLower(name), ".exe")
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// RefusedError reports a program that may not have the credentials of a profile.
type RefusedError struct {
	Profile string // that has the rule
	Program string // "" if it is not known
	Allowed []string
	At      awsini.Pos // of the rule
}

func (e *RefusedError) Error() string {
	rule := fmt.Sprintf("%s: profile %q is for %s only", e.At, e.Profile, strings.Join(e.Allowed, ", "))
	if e.Program == "" {
		return rule + ", and it is not known which program gets the credentials"
	}
	return rule + ", not for " + e.Program
}
