package cli

import (
	"fmt"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
)

// unreachedError warns of a key that the AWS SDKs will not get by way of its
// profile.
type unreachedError struct {
	profile string
	err     error // why the profile can have no credential_process
}

func (e *unreachedError) Unwrap() error { return e.err }

func (e *unreachedError) Error() string {
	return fmt.Sprintf("the AWS SDKs will not ask awsexec for this key: %v", e.err)
}

// checkProcess returns why the profile called name can have no credential_process
// that calls awsexec; nil if it can.
func checkProcess(settings *session.Settings, config *profile.Config, name string) error {
	s, _ := config.Lookup(name)
	if v, ok := s["credential_process"]; ok && !profile.IsProcessOf(v.Text, settings.Self, name) {
		return &profile.SettingError{Profile: name, Key: "credential_process", Pos: v.Pos, Reason: "is already there with another command"}
	}
	return awsfiles.ProcessConflict(name, s)
}
