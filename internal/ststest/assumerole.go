// AssumeRole.

package ststest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// chainedMax is the longest session of a role that was assumed with a session.
const chainedMax = time.Hour

// maxTags is the largest number of session tags, and of transitive keys, in a
// call.
const maxTags = 50

func formRoleARN() form {
	return form{20, 2048, `[\x{0009}\x{000A}\x{000D}\x{0020}-\x{007E}\x{0085}\x{00A0}-\x{D7FF}]+`}
}
func formSessionName() form { return form{2, 64, `[\w+=,.@-]*`} }
func formTagKey() form      { return form{1, 128, `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`} }

type assumeRoleXML struct {
	XMLName         xml.Name `xml:"AssumeRoleResult"`
	Credentials     credentialsXML
	AssumedRoleUser assumedRoleUserXML
	SourceIdentity  string `xml:",omitempty"`

	PackedPolicySize int `xml:",omitempty"`
}

func (s *Server) assumeRole(c call) (any, *Fault) {
	check := checker{params: c.params}
	roleARN := check.text("RoleArn", formRoleARN(), true)
	sessionName := check.text("RoleSessionName", formSessionName(), true)
	externalID := check.text("ExternalId", form{2, 1224, `[\w+=,.@:\/-]*`}, false)
	sourceIdentity := check.text("SourceIdentity", formSessionName(), false)
	life := check.duration(900, 43200, 3600)
	check.mfa()
	tags, transitive := check.tags()
	policies := check.policies()
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	if parsed, err := arn.Parse(roleARN); err != nil || parsed.Service != "iam" {
		return nil, refuse(ValidationError(roleARN + " is invalid"))
	}
	packed, fault := policies.fault(partitionOf(c.caller), accountIn(roleARN), tags)
	if fault != nil {
		return nil, fault
	}
	transitive, fault = sessionTags(c.caller, tags, transitive)
	if fault != nil {
		return nil, fault
	}
	mfa, fault := verifyMFA(c.caller, c.params, c.now)
	if fault != nil {
		return nil, fault
	}

	if c.caller.user != nil && c.caller.user.Root {
		return nil, refuse(AccessDenied("Roles may not be assumed by root accounts."))
	}
	if c.caller.federated { // source: API reference of GetFederationToken
		return nil, notAuthorized(c.caller, "sts:AssumeRole", roleARN)
	}
	// A role session does not pass its MFA on; a GetSessionToken session does.
	proven := mfa || c.caller.mfa && c.caller.user != nil
	role, exists := s.roles[roleARN]
	if !exists || !trusts(role, c.caller) ||
		role.ExternalID != "" && role.ExternalID != externalID ||
		role.RequireMFA && !proven {
		return nil, notAuthorized(c.caller, "sts:AssumeRole", roleARN)
	}
	if c.caller.sourceIdentity != "" {
		if sourceIdentity != "" && sourceIdentity != c.caller.sourceIdentity {
			return nil, notAuthorized(c.caller, "sts:SetSourceIdentity", roleARN)
		}
		sourceIdentity = c.caller.sourceIdentity
	}
	if c.caller.temporary && life > chainedMax {
		return nil, refuse(ValidationError("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"))
	}
	if fault := checkRoleLimit(role, life); fault != nil {
		return nil, fault
	}

	id := roleIdentity(roleARN, sessionName)
	id.mfa, id.sourceIdentity, id.transitiveTags, id.chained = mfa, sourceIdentity, transitive, c.caller.temporary
	id.policies = policies
	return assumeRoleXML{
		Credentials:     s.mint(id, c.now, life),
		AssumedRoleUser: assumedRoleUserXML{AssumedRoleID: id.userID, ARN: id.arn},
		SourceIdentity:  sourceIdentity,

		PackedPolicySize: packed,
	}, nil
}

// accountIn returns the account in the ARN of a role.
func accountIn(roleARN string) string {
	parsed, _ := arn.Parse(roleARN)
	return parsed.AccountID
}

// trusts reports whether the role's trust policy names the caller or its
// account.
func trusts(role Role, caller *identity) bool {
	return slices.ContainsFunc(role.Trust, func(principal string) bool {
		if principal == caller.arn || principal == caller.account || principal == caller.roleARN {
			return true
		}
		parsed, err := arn.Parse(principal)
		return err == nil && parsed.Service == "iam" && parsed.Resource == "root" &&
			parsed.AccountID == caller.account
	})
}

func checkRoleLimit(role Role, life time.Duration) *Fault {
	if life > role.MaxSessionDuration {
		return refuse(ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."))
	}
	return nil
}

// tags returns the keys of Tags and TransitiveTagKeys.
func (c *checker) tags() (keys, transitive []string) {
	for n := 1; c.params.Has(fmt.Sprintf("Tags.member.%d.Key", n)) ||
		c.params.Has(fmt.Sprintf("Tags.member.%d.Value", n)); n++ {
		keys = append(keys, c.text(fmt.Sprintf("Tags.member.%d.Key", n), formTagKey(), true))
		c.text(fmt.Sprintf("Tags.member.%d.Value", n), form{0, 256, `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`}, true)
	}
	for n := 1; c.params.Has(fmt.Sprintf("TransitiveTagKeys.member.%d", n)); n++ {
		transitive = append(transitive, c.text(fmt.Sprintf("TransitiveTagKeys.member.%d", n), formTagKey(), true))
	}
	c.atMost(maxTags, len(keys), "Tags")
	c.atMost(maxTags, len(transitive), "TransitiveTagKeys")
	return keys, transitive
}

// sessionTags checks the tags of a call against each other and against those
// that the caller's session passes on. It returns the keys that the new session
// passes on. Keys are compared without regard to case.
func sessionTags(caller *identity, keys, transitive []string) ([]string, *Fault) {
	invalid := func(message string) ([]string, *Fault) {
		return nil, &Fault{Status: http.StatusBadRequest, Code: "InvalidParameterValue", Message: message}
	}
	seen := make(map[string]bool)
	for _, key := range keys {
		key = strings.ToLower(key)
		if seen[key] {
			return invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[key] = true
	}
	for _, key := range caller.transitiveTags {
		if seen[key] {
			return invalid("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
	}
	handedOn := slices.Clone(caller.transitiveTags)
	for _, key := range transitive {
		key = strings.ToLower(key)
		if !seen[key] {
			return invalid("The specified transitive tag key must be included in the requested tags.")
		}
		handedOn = append(handedOn, key)
	}
	return handedOn, nil
}

func notAuthorized(caller *identity, action, resource string) *Fault {
	return refuse(AccessDenied(fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s",
		caller.arn, action, resource)))
}
