package exec

import (
	"slices"
	"strings"
)

// givenVar tells an awsexec inside the child that its credentials are those that
// the child was given: a checksum of the access key id, or of the endpoint. If they
// are narrowed, a checksum of the variables that say so follows.
const givenVar = "AWSEXEC_GIVEN"

// narrowingVars are the variables that can hold session policies.
var narrowingVars = []string{"AWSEXEC_READ_ONLY", "AWSEXEC_POLICY", "AWSEXEC_POLICY_ARNS"}

// given returns the value of givenVar.
func given(variable, value string, narrowing [][2]string) string {
	marks := mark(variable, value)
	if len(narrowing) > 0 {
		marks += " " + narrowingMark(narrowing)
	}
	return marks
}

func narrowingMark(narrowing [][2]string) string {
	var joined strings.Builder
	for _, name := range narrowingVars {
		i := slices.IndexFunc(narrowing, func(kv [2]string) bool { return kv[0] == name })
		if i >= 0 {
			joined.WriteString(name + "=" + narrowing[i][1] + "\x00")
		}
	}
	return mark("policies", joined.String())
}

// valuesOf returns the variables of environ that are known by one of names.
func valuesOf(environ, names []string) map[string]string {
	values := map[string]string{}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			for _, known := range names {
				if matches([]string{known}, name) {
					values[known] = value
				}
			}
		}
	}
	return values
}

// GivenBy returns the profile whose credentials an awsexec around this process has
// put into environ. It is "" if there is none, or if somebody has put other
// credentials there since.
func GivenBy(environ []string) string {
	by, _ := marksOf(environ)
	return by
}

// marksOf is GivenBy, and returns the checksum of what the credentials are narrowed
// to; "" if they are not.
func marksOf(environ []string) (by, narrowed string) {
	values := valuesOf(environ, []string{givenVar, "AWSEXEC_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_FULL_URI"})
	source := "AWS_ACCESS_KEY_ID"
	if values[source] == "" {
		source = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	}
	first, rest, _ := strings.Cut(values[givenVar], " ")
	if values[source] == "" || first != mark(source, values[source]) {
		return "", ""
	}
	return values["AWSEXEC_PROFILE"], rest
}

// GivenNarrowing returns the variables of environ that hold the session policies of
// the credentials that GivenBy is about; none if these are not narrowed. Known is
// false if there are no such credentials, or if somebody has changed the variables
// since.
func GivenNarrowing(environ []string) (narrowing [][2]string, known bool) {
	by, narrowed := marksOf(environ)
	if by == "" || narrowed == "" {
		return nil, by != ""
	}
	values := valuesOf(environ, narrowingVars)
	for _, name := range narrowingVars {
		if values[name] != "" {
			narrowing = append(narrowing, [2]string{name, values[name]})
		}
	}
	if narrowingMark(narrowing) != narrowed {
		return nil, false
	}
	return narrowing, true
}
