package provider

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
)

// Kind is a way of getting credentials.
type Kind string

// The ways of getting credentials. Only long-term keys may call GetSessionToken:
// the first three, and perhaps what a process prints.
const (
	StoredKey          Kind = "key in the keystore"
	FileKey            Kind = "access key in the AWS files"
	EnvironmentKey     Kind = "access key in the environment"
	FileSession        Kind = "session in the AWS files"
	EnvironmentSession Kind = "session in the environment"
	Process            Kind = "credential_process"
	SSO                Kind = "IAM Identity Center"
	WebIdentity        Kind = "web identity"
	Login              Kind = "login session"
	Container          Kind = "container"
	Instance           Kind = "EC2 instance"
	Role               Kind = "role"
)

// Plan is how the credentials of a profile are got.
type Plan struct {
	Kind    Kind
	Profile *profile.Profile // whose settings say so
	From    *Plan            // of a Role: what assumes it; otherwise nil

	// Via are the profiles whose credential_process, awsexec itself, led to Profile.
	Via []*profile.Profile

	fromEnvironment bool // the environment gives them, whatever the profile

	// otherwise is the error if this machine turns out not to be an EC2 instance.
	otherwise error
}

// addVia notes that the credential_process of via led to p. Its MFA device and its
// account count for the key at the end, if nothing else on the way says what they are.
func (p *Plan) addVia(via *profile.Profile) {
	p.Via = append(p.Via, via)
	end, hasMFA := p, p.Profile.MFASerial != ""
	for end.From != nil {
		end = end.From
		hasMFA = hasMFA || end.Profile.MFASerial != ""
	}
	if !end.LongTerm() && end.Kind != Process {
		return
	}
	own := *end.Profile
	if !hasMFA && via.MFASerial != "" {
		own.MFASerial = via.MFASerial
		own.Origin = maps.Clone(own.Origin)
		own.Origin["mfa_serial"] = via.Origin["mfa_serial"]
	}
	own.AccountID = cmp.Or(own.AccountID, via.AccountID)
	end.Profile = &own
}

// Way returns the profiles by which the credentials of selected are got with p, the
// nearest first: selected and its sources, then those that a credential_process leads
// to. One may be there twice.
func (p *Plan) Way(selected *profile.Profile) (way []*profile.Profile) {
	for ; selected != nil; selected = selected.Source {
		way = append(way, selected)
	}
	for ; p != nil; p = p.From {
		for _, via := range slices.Backward(p.Via) {
			way = append(way, via)
		}
		way = append(way, p.Profile)
	}
	return way
}

// LongTerm reports whether p gives a long-term key, which GetSessionToken accepts.
// What a credential_process gives is not known before it has run.
func (p *Plan) LongTerm() bool {
	return p.Kind == StoredKey || p.Kind == FileKey || p.Kind == EnvironmentKey
}

// Flags are what the user and the caller of this program ask for.
type Flags struct {
	Explicit  bool          // the user has named the profile: keys in the environment do not count
	NoSession bool          // give long-term keys as they are
	Duration  time.Duration // how long credentials are to live; 0 leaves it to the profile and the defaults
	Chain     []string      // profiles that are being resolved already, by whoever started us; may be empty
	At        time.Time     // when credentials in the environment must still be valid

	// Policies are the session policies that the user asks for. What profiles ask for
	// comes on top.
	Policies []policy.Request

	// Given are the session policies of the credentials that an awsexec around this
	// process has put into the environment; nil if these are unknown.
	Given *policy.Set
}

// Stored is what is known of the keystore, by the name of a key: nil for a key
// that it has, else why there is none. A key whose name is missing is not in the
// keystore's index.
type Stored map[string]error

func (s Stored) has(name string) bool {
	err, known := s[name]
	return known && err == nil
}

// names returns the keys that the keystore has.
func (s Stored) names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s)), func(name string) bool { return s[name] != nil })
}

// Decide returns how the credentials of p are got. It decides by its arguments
// alone. Where p has nothing else, the plan is to use a key in the keystore even
// if stored does not know it.
//
// Keys in the environment come first, unless the profile was named explicitly,
// and so does the endpoint that awsexec serve gives to a program, unless a
// profile was named at all. Then, for each profile: a role, on top of what
// follows, for its own or its source's; the key in the keystore; static keys in
// the AWS files; web identity; IAM Identity Center; a login session; a
// credential_process; and for p alone, if it has none of these, what the machine
// itself offers: web identity in the environment, unless the profile was named
// explicitly, the container endpoint, and the EC2 instance.
func Decide(p *profile.Profile, env func(string) string, stored Stored, f Flags) (*Plan, error) {
	if kind, err := ofEnvironment(env, f); kind != "" || err != nil {
		return &Plan{Kind: kind, Profile: p, fromEnvironment: true}, err
	}
	plan, err := (&decision{env, stored, f.Explicit, f.At}).decide(p, step{path: f.Chain, selected: true})
	if err == nil {
		err = checkSettings(plan, p, env)
	}
	if err != nil {
		return nil, err
	}
	return plan, nil
}

// isShortLived reports whether an access key id is one that STS makes. Source:
// "Understanding unique ID prefixes" in the IAM User Guide.
func isShortLived(accessKeyID string) bool { return strings.HasPrefix(accessKeyID, "ASIA") }

// metadataDisabled reports whether the user has disabled the instance metadata
// service. Source: AWS_EC2_METADATA_DISABLED in the AWS SDKs and Tools Reference
// Guide.
func metadataDisabled(env func(string) string) bool {
	return strings.EqualFold(env("AWS_EC2_METADATA_DISABLED"), "true")
}
