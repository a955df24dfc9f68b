// Package policy reads the session policies that narrow what a session may do, and
// decides whether several requests for them can be met at once.
//
// A session may do what its identity may do and, of that, what any of its session
// policies allows and none of them denies. Source: "Session policies" in the IAM
// User Guide. So more policies can mean more permissions: to meet two requests it is
// never right to send the policies of both.
package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Limits of session policies. Source: API reference of AssumeRole.
const (
	MaxARNs     = 10
	MaxDocument = 2048 // characters
)

// ReadOnly is the name of AWS's own policy that allows to read, and nothing else.
const ReadOnly = "ReadOnlyAccess"

// Set are the session policies of a session. The zero value narrows nothing.
type Set struct {
	Document string   // JSON, without spaces between its parts; "" for none
	ARNs     []string // of managed policies, sorted; of AWS's own perhaps the name, before the partition is known
}

// IsZero reports whether s narrows nothing.
func (s Set) IsZero() bool { return s.Document == "" && len(s.ARNs) == 0 }

// Equal reports whether both sets hold the same policies.
func (s Set) Equal(other Set) bool {
	return s.Document == other.Document && slices.Equal(s.ARNs, other.ARNs)
}

// Names returns the policies of s for people to read: AWS's own by their names, and
// an inline policy by its length.
func (s Set) Names() []string {
	var names []string
	for _, a := range s.ARNs {
		names = append(names, shortName(a))
	}
	if s.Document != "" {
		names = append(names, fmt.Sprintf("a policy of %d characters", len([]rune(s.Document))))
	}
	return names
}

func (s Set) String() string { return strings.Join(s.Names(), ", ") }

// shortName returns the name of a policy of AWS, and the ARN of any other.
func shortName(s string) string {
	a, err := arn.Parse(s)
	if name, ok := strings.CutPrefix(a.Resource, "policy/"); err == nil && ok && a.AccountID == "aws" {
		return name
	}
	return s
}

// In returns s in a partition. The error may be a [*PartitionError].
func (s Set) In(partition string) (Set, error) {
	return Written{Policy: s.Document, ARNs: s.ARNs}.Read(partition)
}

// Written returns s as a person would ask for it.
func (s Set) Written() Written {
	if s.Document == "" && len(s.ARNs) == 1 && shortName(s.ARNs[0]) == ReadOnly {
		return Written{ReadOnly: true}
	}
	return Written{Policy: s.Document, ARNs: s.ARNs}
}

// Request is a Set that somebody asks for.
type Request struct {
	Set
	By string // a flag, a variable, or a setting and its place
}

// ConflictError reports two requests that no set of session policies meets: AWS
// allows what any policy of a session allows, and to meet both it would have to be
// what both of them allow.
type ConflictError struct{ One, Other Request }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s asks for %s and %s for %s; AWS has no session that only does what both allow", e.One.By, e.One.Set, e.Other.By, e.Other.Set)
}

// Combine returns the set that meets all requests: that of one of them, which all
// others must equal. Anything else cannot be known to be narrow enough: a set with
// fewer policies may lack one that denies.
func Combine(requests ...Request) (Set, error) {
	var met Request
	for _, r := range requests {
		switch {
		case r.IsZero(), r.Equal(met.Set):
		case !met.IsZero():
			return Set{}, &ConflictError{met, r}
		default:
			met = r
		}
	}
	return met.Set, nil
}
