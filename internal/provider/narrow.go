package provider

import (
	"fmt"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
)

// NotNarrowedError reports session policies for credentials that take none any more,
// or not in the way that they are asked for.
type NotNarrowedError struct {
	Profile *profile.Profile
	Kind    Kind
	Set     policy.Set
	MFA     bool // the key needs an MFA code, which GetFederationToken does not take
	Itself  bool // the key itself is asked for, by --no-session
}

func (e *NotNarrowedError) Error() string {
	what := fmt.Sprintf("profile %q: narrowing it to %s", e.Profile.Name, e.Set)
	switch {
	case e.Itself:
		return what + " takes a session, and --no-session asks for the key itself"
	case e.MFA:
		return what + " is not possible with MFA: AWS narrows the sessions of an IAM user by GetFederationToken alone, which takes no code"
	}
	return fmt.Sprintf("%s is not possible: AWS narrows the sessions of roles and of long-term keys, and these credentials are of: %s", what, e.Kind)
}

// packedMost is how full the room for session policies and tags may be, in percent,
// without a warning. AWS does not say how it packs them, so a small change can be one
// too many.
const packedMost = 90

// PackedError warns that AWS has hardly any room left for the session policies and
// tags of a profile.
type PackedError struct {
	Profile string
	Percent int
}

func (e *PackedError) Error() string {
	return fmt.Sprintf("profile %q: its session policies and tags take %d%% of the room that AWS has for them", e.Profile, e.Percent)
}

// reportPacked warns if made has hardly any room left for its session policies and
// tags.
func (m *maker) reportPacked(profile string, made awsapi.Issued) {
	if made.Packed >= packedMost {
		m.Events.Warn(&PackedError{profile, made.Packed})
	}
}

// PolicyError reports session policies that cannot be read, or cannot be sent to the
// partition that is called.
type PolicyError struct {
	Profile string     // "" for policies of the command line or a variable
	At      awsini.Pos // of the setting then; zero otherwise
	By      string     // the setting
	Err     error
}

func (e *PolicyError) Error() string {
	if e.Profile == "" {
		return fmt.Sprintf("%s: %v", e.By, e.Err)
	}
	return fmt.Sprintf("profile %q: %s: %s: %v", e.Profile, e.At, e.By, e.Err)
}

func (e *PolicyError) Unwrap() error { return e.Err }

// Narrowing returns the session policies of the credentials of plan, in the partition
// of region: what the user, the profile, and those that led to it ask for. Home is
// that of the user. The error says why they cannot be met.
//
// The profile of a source is not asked: its policies are for the programs that get
// its own credentials, and most would forbid to assume a role.
func Narrowing(plan *Plan, region, home string, f Flags) (policy.Set, error) {
	set, err := narrowing(plan, region, home, f)
	if err != nil || set.IsZero() || !plan.LongTerm() {
		return set, err
	}
	refused := &NotNarrowedError{Profile: plan.Profile, Kind: plan.Kind, Set: set, MFA: plan.Profile.MFASerial != "", Itself: f.NoSession}
	if refused.MFA || refused.Itself {
		return policy.Set{}, refused
	}
	return set, nil
}

// narrowing is Narrowing without regard to how a long-term key is used.
func narrowing(plan *Plan, region, home string, f Flags) (policy.Set, error) {
	partition := awsapi.PartitionOf(region)
	requests, err := asked(f.Policies, partition)
	if err != nil {
		return policy.Set{}, err
	}
	var given policy.Set
	passedOn := plan.fromEnvironment && f.Given != nil
	if passedOn { // the profile is not the one that they are of
		given, err = f.Given.In(partition)
	} else {
		var of []policy.Request
		of, err = ofProfiles(plan, partition, home)
		requests = append(requests, of...)
	}
	if err != nil {
		return policy.Set{}, err
	}
	set, err := policy.Combine(requests...)
	switch {
	case err != nil:
		name := plan.Profile.Name
		if len(plan.Via) > 0 {
			name = plan.Via[len(plan.Via)-1].Name
		}
		return policy.Set{}, fmt.Errorf("profile %q: %w", name, err)
	case passedOn && (set.IsZero() || set.Equal(given)):
		return given, nil
	case set.IsZero(), plan.LongTerm(), plan.Kind == Role, plan.Kind == WebIdentity, plan.Kind == Process: // which may print a long-term key
		return set, nil
	}
	return policy.Set{}, &NotNarrowedError{Profile: plan.Profile, Kind: plan.Kind, Set: set}
}

// asked returns the requests of the user as they are in a partition.
func asked(requests []policy.Request, partition string) ([]policy.Request, error) {
	var in []policy.Request
	for _, r := range requests {
		set, err := r.In(partition)
		if err != nil {
			return nil, &PolicyError{By: r.By, Err: err}
		}
		in = append(in, policy.Request{Set: set, By: r.By})
	}
	return in, nil
}

// ofProfiles returns what the profiles ask for whose credentials those of plan are.
func ofProfiles(plan *Plan, partition, home string) (requests []policy.Request, err error) {
	for _, p := range append([]*profile.Profile{plan.Profile}, plan.Via...) {
		for _, of := range []struct {
			policy.Written
			key string
		}{
			{p.Policies, profile.PolicyKey(p.Policies)},
			{p.ProcessPolicies, "credential_process"},
		} {
			if of.IsZero() {
				continue
			}
			at := p.Origin[of.key]
			var set policy.Set
			written, err := of.InHome(home)
			if err == nil {
				set, err = written.Read(partition)
			}
			if err != nil {
				return nil, &PolicyError{p.Name, at, of.key, err}
			}
			requests = append(requests, policy.Request{Set: set, By: fmt.Sprintf("%s: %s", at, of.key)})
		}
	}
	return requests, nil
}
