package provider

import (
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
)

// EnvironmentError reports that the variables hold only a part of credentials.
type EnvironmentError struct {
	Set     string // a variable
	Missing string // the one that it needs
}

func (e *EnvironmentError) Error() string {
	if e.Missing == "AWS_SESSION_TOKEN" {
		return fmt.Sprintf("%s belongs to a session and %s is not set", e.Set, e.Missing)
	}
	return fmt.Sprintf("%s is set and %s is not", e.Set, e.Missing)
}

// ofEnvironment returns the kind of the credentials that the environment gives to
// whatever profile; "" if there are none.
func ofEnvironment(env func(string) string, f Flags) (Kind, error) {
	if f.Explicit {
		return "", nil
	}
	kind, err := environmentKind(env, f.At)
	// SDKs would look into the profile first. In the files that the program has,
	// that has no credentials; in the user's own it may.
	if kind == "" && err == nil && env("AWSEXEC_PROFILE") != "" && hasContainer(env) && env("AWS_PROFILE") == "" && env("AWS_DEFAULT_PROFILE") == "" {
		return Container, nil
	}
	return kind, err
}

// environmentKind returns the kind of the keys in the environment at a time; "" if
// there are none. A secret alone counts for nothing, as in botocore and the Go SDK.
func environmentKind(env func(string) string, now time.Time) (Kind, error) {
	id, secret := env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")
	if id == "" {
		return "", nil
	}
	if secret == "" {
		return "", &EnvironmentError{Set: "AWS_ACCESS_KEY_ID", Missing: "AWS_SECRET_ACCESS_KEY"}
	}
	if sessionToken(env) == "" && isShortLived(id) {
		return "", &EnvironmentError{Set: "AWS_ACCESS_KEY_ID", Missing: "AWS_SESSION_TOKEN"}
	}
	if expires, ok := profile.Expired(env(ExpirationVariable), now); ok {
		return "", &ExpiredError{expires}
	}
	if sessionToken(env) != "" {
		return EnvironmentSession, nil
	}
	return EnvironmentKey, nil
}

// ExpirationVariable says when the credentials in the environment expire.
const ExpirationVariable = "AWS_CREDENTIAL_EXPIRATION"

// Expiration returns when the credentials in the environment expire. Ok is false if
// the environment does not say, or not in a form that names a time and its zone.
func Expiration(env func(string) string) (expires time.Time, ok bool) {
	return profile.Expiration(env(ExpirationVariable))
}

// ExpiredError reports credentials in the environment that have expired, as botocore
// does. The Go SDK sends them to AWS.
type ExpiredError struct{ At time.Time }

func (e *ExpiredError) Error() string {
	return fmt.Sprintf("the credentials in the environment expired at %s, by %s", e.At.UTC().Format(time.RFC3339), ExpirationVariable)
}

// ExpirationError reports an ExpirationVariable that is no time. The credentials are
// passed on without it.
type ExpirationError struct{ Value string }

func (e *ExpirationError) Error() string {
	return fmt.Sprintf("%s is not a time with its zone: %q", ExpirationVariable, e.Value)
}

// warnOfEnvironment reports what is odd about the variables that a plan depends on,
// or would depend on if they were complete.
func (m *maker) warnOfEnvironment(plan *Plan) {
	for plan.From != nil {
		plan = plan.From
	}
	if plan.Kind == EnvironmentKey || plan.Kind == EnvironmentSession {
		if _, ok := Expiration(m.Env); !ok && m.Env(ExpirationVariable) != "" {
			m.Events.Warn(&ExpirationError{m.Env(ExpirationVariable)})
		}
	} else if !m.Explicit && m.Env("AWS_SECRET_ACCESS_KEY") != "" && m.Env("AWS_ACCESS_KEY_ID") == "" {
		m.Events.Warn(&EnvironmentError{Set: "AWS_SECRET_ACCESS_KEY", Missing: "AWS_ACCESS_KEY_ID"})
	}
}

// sessionToken returns the session token in the environment. Of the two names of
// the variable the older one comes first, as in botocore.
func sessionToken(env func(string) string) string {
	if t := env("AWS_SECURITY_TOKEN"); t != "" {
		return t
	}
	return env("AWS_SESSION_TOKEN")
}
