package exec

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// settingsVar tells an awsexec inside the child which variables hold settings of
// the child's profile: names, each with a checksum of the value.
const settingsVar = "AWSEXEC_SETTINGS"

// Inherited returns the variables in environ that hold settings of the profile of
// an awsexec around this process. They are not the user's own choice: another
// profile has its own settings. A variable whose value was changed since is not
// among them.
func Inherited(environ []string) [][2]string {
	var marks []string
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && matches([]string{settingsVar}, name) {
			marks = strings.Fields(value)
		}
	}
	if len(marks) == 0 {
		return nil
	}
	var inherited [][2]string
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && slices.Contains(marks, mark(name, value)) {
			inherited = append(inherited, [2]string{name, value})
		}
	}
	return inherited
}

func mark(name, value string) string {
	sum := fnv.New32a()
	sum.Write([]byte(value))
	return fmt.Sprintf("%s:%08x", name, sum.Sum32())
}

// without returns drop with the names of the variables in base that a child with
// other settings must not get: those of the settings themselves, and those that
// base inherited.
func without(drop []string, base []string, settings [][2]string) []string {
	drop = slices.Clone(drop)
	for _, kv := range slices.Concat(Inherited(base), settings) {
		drop = append(drop, kv[0])
	}
	return drop
}

// assignments returns settings as NAME=value, and the variable that marks them.
func assignments(settings [][2]string) []string {
	if len(settings) == 0 {
		return nil
	}
	var env, marks []string
	for _, kv := range settings {
		env = append(env, kv[0]+"="+kv[1])
		marks = append(marks, mark(kv[0], kv[1]))
	}
	return append(env, settingsVar+"="+strings.Join(marks, " "))
}
