package doctor

import (
	"fmt"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/provider"
)

// Severity is how much a finding matters.
type Severity int

// The severities, the worst first.
const (
	Broken  Severity = iota // something does not work
	Suspect                 // something works otherwise than it looks
	Notice
)

// Check is the name of what found something. Scripts may rely on it.
type Check string

// The checks.
const (
	Directory      Check = "directory"
	Unreadable     Check = "unreadable"
	Ambiguous      Check = "ambiguous"
	MissingFile    Check = "file"
	NoProfile      Check = "profile"
	Nothing        Check = "nothing"
	Differs        Check = "differs"
	Shadowed       Check = "shadowed"
	Rejected       Check = "rejected"
	NotUsed        Check = "not-used"
	Ignored        Check = "ignored"
	Process        Check = "process"
	KeyInPlaintext Check = "key-in-clear"
	TokensInPlain  Check = "tokens-in-clear"
	TokensSealed   Check = "tokens-sealed"
	Environment    Check = "environment"
	Region         Check = "region"
	InKeystore     Check = "keystore"
	Rotation       Check = "rotation"
	Permissions    Check = "permissions"
	Unreachable    Check = "online"
	Clock          Check = "clock"
	Identity       Check = "identity"
	LastCall       Check = "last-call"
	NextCall       Check = "next-call"
	Lifetime       Check = "lifetime"
	Rule           Check = "rule"
)

// Finding is one thing that the user should know.
type Finding struct {
	Severity  Severity
	Check     Check
	At        Place    // may be zero
	Text      string   // a sentence; it holds no secret, and access key ids are masked
	Remedies  []Remedy // what fixes it, one step after the other
	Otherwise Remedy   // a way around it; nil if there is none
}

// Place is where something is.
type Place struct {
	explain.Place        // a line or a setting in an AWS file, or a variable
	Flag          string // of the command line
	Path          string // of a file as a whole
	Key, Keystore string // a name, and the keystore that has a key under it
}

// String returns the place as people write it, such as file:line (setting).
func (p Place) String() string {
	switch {
	case p.Flag != "":
		return p.Flag
	case p.Path != "":
		return p.Path
	case p.Keystore != "":
		return fmt.Sprintf("%q in %s", p.Key, p.Keystore)
	}
	return p.Place.String()
}

func variable(name string) Place { return Place{Place: explain.Place{Variable: name}} }

func file(path string) Place { return Place{Path: path} }

func line(pos awsini.Pos) Place { return Place{Place: explain.Place{Pos: pos}} }

func setting(pos awsini.Pos, key string) Place {
	return Place{Place: explain.Place{Pos: pos, Key: key}}
}

// Remedy is something that a person can do: one of the types below.
type Remedy interface{ isRemedy() }

// The remedies. Most are commands.
type (
	// Unset takes variables out of the environment.
	Unset struct{ Variables []string }
	// Export sets a variable.
	Export struct{ Variable, Value string }
	// Edit changes a line in an AWS file.
	Edit struct {
		At   explain.Place
		What string // to do there
	}
	// Replace decides between a plaintext key and another one that the keystore
	// has under its name.
	Replace struct {
		At      explain.Place // of the plaintext key
		Profile string
		Stored  string // the access key id of the other one
	}
	// Adopt takes the plaintext tokens of a sign-in into a sealed file.
	Adopt struct{ SignIn provider.SignIn }
	// Import takes the plaintext key of a profile into the keystore.
	Import struct{ Profile string }
	// Configure writes a setting of a profile.
	Configure struct{ Profile, Setting, Value string }
	// Lead makes a profile lead to awsexec.
	Lead struct{ Profile string }
	// Awsexec calls awsexec with arguments.
	Awsexec struct{ Args []string }
	// RunWith runs a program with the credentials of a profile.
	RunWith struct{ Profile string }
	// MakeSession makes the session of a profile, on a terminal.
	MakeSession struct{ Profile string }
	// Restrict keeps others from a file.
	Restrict struct{ Path string }
	// Reclaim makes a directory of awsexec usable again.
	Reclaim struct{ Refused *ownfile.RefusedError }
	// Advice is text, not a command.
	Advice struct{ Text string }
	// AfterError is what can be done about an error.
	AfterError struct{ Err error }
)

func (Unset) isRemedy()       {}
func (Export) isRemedy()      {}
func (Edit) isRemedy()        {}
func (Replace) isRemedy()     {}
func (Adopt) isRemedy()       {}
func (Import) isRemedy()      {}
func (Configure) isRemedy()   {}
func (Lead) isRemedy()        {}
func (Awsexec) isRemedy()     {}
func (MakeSession) isRemedy() {}
func (RunWith) isRemedy()     {}
func (Restrict) isRemedy()    {}
func (Reclaim) isRemedy()     {}
func (Advice) isRemedy()      {}
func (AfterError) isRemedy()  {}

// keyVariables are the variables that hold keys.
var keyVariables = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}

func unset(variables ...string) Unset { return Unset{variables} }

func awsexec(args ...string) Awsexec { return Awsexec{args} }

// takeOut returns the remedy that takes out what is at a place.
func takeOut(at explain.Place) Remedy {
	if at.Variable != "" {
		return unset(at.Variable)
	}
	return Edit{at, "take it out"}
}
