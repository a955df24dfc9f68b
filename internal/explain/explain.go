package explain

import (
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// Client is a program or library that looks for credentials.
type Client string

// The clients. Programs that are built on one of them usually behave as it does.
const (
	Boto3 Client = "boto3, AWS CLI v1"
	CLIv2 Client = "AWS CLI v2"
	GoSDK Client = "Go SDK, Terraform"
	JSSDK Client = "JavaScript SDK"
	CDK   Client = "CDK"
	JSv2  Client = "JavaScript SDK v2"
)

// Kind is a way of getting credentials, or a failure to.
type Kind string

// The kinds. Fails means that the client reports an error, None that it finds
// nothing.
const (
	Environment     Kind = "environment keys"
	CredentialsFile Kind = "keys in the credentials file"
	ConfigFile      Kind = "keys in the config file"
	Process         Kind = "credential_process"
	Role            Kind = "role"
	WebIdentity     Kind = "web identity"
	SSO             Kind = "IAM Identity Center"
	Login           Kind = "login session"
	Container       Kind = "container"
	Instance        Kind = "EC2 instance"
	None            Kind = "none"
	Fails           Kind = "error"
)

// Failure is the class of an error of a client.
type Failure string

// The classes are the same for all clients, whose own messages differ.
const (
	NoProfile  Failure = "no such profile"
	Partial    Failure = "incomplete credentials"
	Invalid    Failure = "invalid configuration"
	BadValue   Failure = "invalid value"
	Loop       Failure = "profiles in a circle"
	Unreadable Failure = "unreadable file"
	NoSource   Failure = "credential_source without credentials"
	NoMFA      Failure = "no way to ask for an MFA code"
	Empty      Failure = "profile without credentials"
	Expired    Failure = "expired credentials"
)

// Place is what decides: a setting in a file, or a variable. The zero Place is no
// place.
type Place struct {
	Pos      awsini.Pos // of the setting
	Key      string     // the setting
	Variable string     // the environment variable
}

// String returns the variable, or file:line and the setting, "" for the zero Place.
func (p Place) String() string {
	switch {
	case p.Variable != "":
		return p.Variable
	case p.Key != "":
		return fmt.Sprintf("%s (%s)", p.Pos, p.Key)
	case p.Pos != awsini.Pos{}:
		return p.Pos.String()
	}
	return ""
}

// Result is what one client would use.
type Result struct {
	Client  Client
	Profile string // the profile whose settings count; in Source, the source profile

	Kind    Kind
	Failure Failure // of Fails; else ""
	At      Place   // what decides; may be the zero Place
	Why     string  // the client's rule that led here, or what is wrong

	RoleARN     string  // of Role and WebIdentity
	Source      *Result // of Role: what assumes it
	Process     string  // of Process: the command line, as written
	AccessKeyID string  // of keys in the environment and the files, as written
	Endpoint    string  // of Instance: the URL of the metadata service that is configured; "" if none is

	Region   string // that the client would use by itself; "" if it has none
	RegionAt Place

	final bool // of Fails, in the SDK for JavaScript: the chain ends with it
}

// Input is what all clients read.
type Input struct {
	Contents *Contents
	Lookup   func(variable string) (value string, set bool) // of the environment; a variable may be set and empty
	Now      func() time.Time

	// Profile is the profile named explicitly, by a --profile option or in a program; "" if none is.
	Profile string
}

// env returns a variable, "" if it is unset.
func (in Input) env(variable string) string {
	value, _ := in.Lookup(variable)
	return value
}

// All returns the prediction for every client.
func All(in Input) []Result {
	js := jsSDK{Input: in, reading: in.Contents.jsSDK}
	return []Result{
		botocore{Input: in, reading: in.Contents.botocore}.predict(),
		botocore{Input: in, reading: in.Contents.botocore, v2: true}.predict(),
		goSDK{Input: in, reading: in.Contents.goSDK}.predict(),
		js.predict(),
		cdk{js}.predict(),
		newJSv2(in).predict(),
	}
}

// usesSTS reports whether STS is asked for the credentials.
func (r *Result) usesSTS() bool { return r.Kind == Role || r.Kind == WebIdentity }

// step is one link of a client's chain. It returns nil if the next one is to try.
type step func() *Result

func first(steps ...step) *Result {
	for _, try := range steps {
		if r := try(); r != nil {
			return r
		}
	}
	return nil
}

func fails(f Failure, at Place, format string, args ...any) *Result {
	return &Result{Kind: Fails, Failure: f, At: at, Why: fmt.Sprintf(format, args...)}
}

// tooDeep ends a chain of source profiles that is longer than awsexec follows.
func tooDeep(at Place) *Result {
	return fails(Invalid, at, "more than %d profiles are on the way", profile.MaxChain)
}

func variable(name string) Place { return Place{Variable: name} }

// instance is the end of a chain: the metadata service of an EC2 instance, which is
// asked on other machines too. If no endpoint is configured, it is "".
func instance(enabled bool, endpoint string) *Result {
	if !enabled {
		return &Result{Kind: None, At: variable("AWS_EC2_METADATA_DISABLED"), Why: "nothing is configured, and the metadata service is switched off"}
	}
	return &Result{Kind: Instance, Endpoint: endpoint, Why: "nothing else is configured: credentials come from the metadata service, if this is an EC2 instance"}
}

// metadataEndpoint is the setting, and the variable that comes before it.
const (
	metadataEndpoint         = "ec2_metadata_service_endpoint"
	metadataEndpointVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
)
