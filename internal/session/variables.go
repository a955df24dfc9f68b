package session

import (
	"cmp"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
)

// Variables returns what a program that gets the credentials of p finds in its
// environment besides them: the region that the user set there for all profiles, ""
// if there is none, and pairs of a name and a value for the settings of p. A region
// that is the profile's own, or that a flag sets for it, is one of its settings.
func (s *Session) Variables(p *profile.Profile) (region string, settings [][2]string) {
	own := s.settings
	settings = profile.Variables(own.ownEnv, p)
	outer := ""
	if own.Profile == "" {
		for _, kv := range slices.Backward(own.Inherited) {
			if isRegion(kv[0]) {
				outer = kv[1]
			} else {
				settings = slices.Insert(settings, 0, kv)
			}
		}
	}
	if own.Profile == "" {
		outer = cmp.Or(outer, s.copiedRegion(p.Name))
	}
	for _, name := range regionVariables {
		if value := own.Env(name); region == "" && !(own.Profile == "" && own.inherits(name)) {
			region = value
		}
	}
	chosen := cmp.Or(own.Region, cmp.Or(outer, p.Region))
	if own.Region == "" && region != "" || chosen == "" {
		return region, settings
	}
	for _, name := range regionVariables {
		settings = append(settings, [2]string{name, chosen})
	}
	return "", settings
}

// copiedRegion returns the region that an awsexec --refresh around this process has
// put into its copy of the profile called name; "" if there is none.
func (s *Session) copiedRegion(name string) string {
	if s.settings.SDKFiles == s.settings.Files {
		return ""
	}
	copied, err := profile.ReadFiles(s.settings.SDKFiles)
	if err != nil {
		return ""
	}
	settings, _ := copied.Lookup(name)
	return settings["region"].Text
}

var regionVariables = []string{"AWS_REGION", "AWS_DEFAULT_REGION"}

func isRegion(variable string) bool { return slices.Contains(regionVariables, Variable(variable)) }

// NarrowingVariables returns the variables by which an awsexec in a program asks for
// the session policies that the program's own credentials have.
func NarrowingVariables(s policy.Set) (variables [][2]string) {
	w := s.Written()
	for _, kv := range [][2]string{{"AWSEXEC_POLICY", w.Policy}, {"AWSEXEC_POLICY_ARNS", strings.Join(w.ARNs, ",")}} {
		if kv[1] != "" {
			variables = append(variables, kv)
		}
	}
	if w.ReadOnly {
		variables = append(variables, [2]string{"AWSEXEC_READ_ONLY", "1"})
	}
	return variables
}
