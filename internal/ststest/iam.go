// The access keys of IAM users: the part of IAM that rotation needs.

package ststest

import (
	"cmp"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// maxKeys is the largest number of access keys of a user. Source: "IAM and AWS
// STS quotas".
const maxKeys = 2

// iamRegions holds, for each partition, the region that requests of IAM must be
// signed for. IAM is one service for a whole partition. Source: "IAM endpoints
// and quotas" in the AWS General Reference, and the endpoint rules of the AWS
// SDKs.
var iamRegions = map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

// Propagation describes how a key that CreateAccessKey creates becomes known.
// The zero value makes it known at once.
type Propagation struct {
	Refused  int           // number of calls signed with it that are refused first
	Delay    time.Duration // time, by the server's clock, in which calls are refused
	Unlisted int           // number of ListAccessKeys calls that omit it first
}

// SetPropagation sets the propagation of keys that are created from now on.
func (s *Server) SetPropagation(p Propagation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.propagation = p
}

// Condition is the condition under which a policy forbids an action.
type Condition int

const (
	Never Condition = iota
	Always
	WithoutMFA // aws:MultiFactorAuthPresent is not true
)

// Forbid lets the policies of all users forbid an action of IAM under c. At the
// start nothing is forbidden.
func (s *Server) Forbid(action string, c Condition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forbidden[action] = c
}

// AccessKeys returns the keys of the user with this ARN. It maps each ID to
// whether the key is active.
func (s *Server) AccessKeys(userARN string) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make(map[string]bool)
	for id, key := range s.keys {
		if key.owner.ARN() == userARN {
			keys[id] = key.active
		}
	}
	return keys
}

// known reports whether a key is accepted at now. s.mu must be held.
func (k *accessKey) known(now time.Time) bool {
	if k.refuse > 0 {
		k.refuse--
		return false
	}
	return !now.Before(k.knownFrom)
}

type accessKeyXML struct {
	UserName        string
	AccessKeyID     string `xml:"AccessKeyId"`
	Status          string
	SecretAccessKey string `xml:",omitempty"`
	CreateDate      string
}

func (k *accessKey) xml() accessKeyXML {
	status := "Inactive"
	if k.active {
		status = "Active"
	}
	return accessKeyXML{UserName: k.owner.Name, AccessKeyID: k.id, Status: status,
		CreateDate: timestamp(k.created)}
}

type createAccessKeyXML struct {
	XMLName   xml.Name `xml:"CreateAccessKeyResult"`
	AccessKey accessKeyXML
}

func (s *Server) createAccessKey(c call) (any, *Fault) {
	owner, fault := s.target(c, "CreateAccessKey")
	if fault != nil {
		return nil, fault
	}
	if len(s.keysOf(owner)) >= maxKeys {
		return nil, &Fault{Status: http.StatusConflict, Code: "LimitExceeded",
			Message: fmt.Sprintf("Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)}
	}
	key := &accessKey{
		id:       "AKIA" + rand.Text()[:16],
		secret:   Marker + randomText(40-len(Marker)),
		active:   true,
		owner:    owner,
		created:  c.now,
		refuse:   s.propagation.Refused,
		unlisted: s.propagation.Unlisted,
	}
	if s.propagation.Delay > 0 { // otherwise the key stays known even if the clock is set back
		key.knownFrom = c.now.Add(s.propagation.Delay)
	}
	s.keys[key.id] = key
	shown := key.xml()
	shown.SecretAccessKey = key.secret
	return createAccessKeyXML{AccessKey: shown}, nil
}

type listAccessKeysXML struct {
	XMLName     xml.Name       `xml:"ListAccessKeysResult"`
	Keys        []accessKeyXML `xml:"AccessKeyMetadata>member"`
	IsTruncated bool
}

func (s *Server) listAccessKeys(c call) (any, *Fault) {
	owner, fault := s.target(c, "ListAccessKeys")
	if fault != nil {
		return nil, fault
	}
	list := listAccessKeysXML{}
	for _, key := range s.keysOf(owner) {
		if key.unlisted > 0 {
			key.unlisted--
			continue
		}
		list.Keys = append(list.Keys, key.xml())
	}
	return list, nil
}

type updateAccessKeyXML struct {
	XMLName xml.Name `xml:"UpdateAccessKeyResult"`
}

func (s *Server) updateAccessKey(c call) (any, *Fault) {
	key, fault := s.targetKey(c, "UpdateAccessKey")
	if fault != nil {
		return nil, fault
	}
	status := c.params.Get("Status")
	if status != "Active" && status != "Inactive" {
		return nil, refuse(ValidationError(fmt.Sprintf(
			"1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]", status)))
	}
	key.active = status == "Active"
	return updateAccessKeyXML{}, nil
}

type deleteAccessKeyXML struct {
	XMLName xml.Name `xml:"DeleteAccessKeyResult"`
}

func (s *Server) deleteAccessKey(c call) (any, *Fault) {
	key, fault := s.targetKey(c, "DeleteAccessKey")
	if fault != nil {
		return nil, fault
	}
	delete(s.keys, key.id)
	return deleteAccessKeyXML{}, nil
}

type lastUsedXML struct {
	XMLName     xml.Name `xml:"GetAccessKeyLastUsedResult"`
	UserName    string
	Date        string `xml:"AccessKeyLastUsed>LastUsedDate,omitempty"`
	ServiceName string `xml:"AccessKeyLastUsed>ServiceName"`
	Region      string `xml:"AccessKeyLastUsed>Region"`
}

func (s *Server) getAccessKeyLastUsed(c call) (any, *Fault) {
	key, fault := s.targetKey(c, "GetAccessKeyLastUsed")
	if fault != nil {
		return nil, fault
	}
	used := lastUsedXML{UserName: key.owner.Name, ServiceName: "N/A", Region: "N/A"}
	if !key.used.IsZero() {
		used.Date, used.ServiceName, used.Region = timestamp(key.used), key.usedService, key.usedRegion
	}
	return used, nil
}

// targetKey returns the access key that a call refers to.
func (s *Server) targetKey(c call, action string) (*accessKey, *Fault) {
	check := checker{params: c.params}
	id := check.text("AccessKeyId", form{16, 128, `[\w]+`}, true)
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	owner, fault := s.target(c, action)
	if fault != nil {
		return nil, fault
	}
	key := s.keys[id]
	if key == nil || key.owner != owner {
		return nil, noSuchEntity("The Access Key with id " + id + " cannot be found.")
	}
	return key, nil
}

// target returns the user that a call refers to, by default the caller, or a
// Fault if the caller may not use the action on that user.
func (s *Server) target(c call, action string) (*user, *Fault) {
	check := checker{params: c.params}
	name := check.text("UserName", form{1, 128, `[\w+=,.@-]+`}, false)
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	if c.caller.user == nil && name == "" {
		return nil, refuse(ValidationError("Must specify userName when calling with non-User credentials"))
	}
	if c.caller.user == nil { // identity policies of roles are not modeled
		return nil, notAuthorized(c.caller, "iam:"+action,
			"user "+name+" because no identity-based policy allows the iam:"+action+" action")
	}
	switch s.forbidden[action] {
	case Always:
		return nil, notAuthorized(c.caller, "iam:"+action,
			"user "+c.caller.user.Name+" because no identity-based policy allows the iam:"+action+" action")
	case WithoutMFA:
		if !c.caller.mfa {
			return nil, notAuthorized(c.caller, "iam:"+action,
				"user "+c.caller.user.Name+" with an explicit deny in an identity-based policy")
		}
	}
	if name == "" || name == c.caller.user.Name {
		return c.caller.user, nil
	}
	for _, u := range s.users {
		if u.Account == c.caller.account && u.Name == name && !u.Root {
			return u, nil
		}
	}
	return nil, noSuchEntity("The user with name " + name + " cannot be found.")
}

// keysOf returns the keys of a user, the oldest first.
func (s *Server) keysOf(owner *user) []*accessKey {
	keys := slices.DeleteFunc(slices.Collect(maps.Values(s.keys)),
		func(k *accessKey) bool { return k.owner != owner })
	slices.SortFunc(keys, func(a, b *accessKey) int {
		return cmp.Or(a.created.Compare(b.created),
			cmp.Compare(a.id, b.id))
	})
	return keys
}

func noSuchEntity(message string) *Fault {
	return &Fault{Status: http.StatusNotFound, Code: "NoSuchEntity", Message: message}
}
