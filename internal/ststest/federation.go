// GetFederationToken, and what the sign-in service of the console knows of
// sessions.

package ststest

import (
	"crypto/subtle"
	"encoding/xml"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

type getFederationTokenXML struct {
	XMLName       xml.Name `xml:"GetFederationTokenResult"`
	Credentials   credentialsXML
	FederatedUser struct {
		ID  string `xml:"FederatedUserId"`
		ARN string `xml:"Arn"`
	}
	PackedPolicySize int `xml:",omitempty"`
}

// getFederationToken makes a session of a long-term key that keeps the user's name
// out of it. It takes no MFA code.
func (s *Server) getFederationToken(c call) (any, *Fault) {
	if c.caller.temporary {
		return nil, refuse(AccessDenied("Cannot call GetFederationToken with session credentials"))
	}
	check := checker{params: c.params}
	name := check.text("Name", form{2, 32, `[\w+=,.@-]*`}, true)
	life := check.duration(900, 129600, 43200)
	policies := check.policies()
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	packed, fault := policies.fault(partitionOf(c.caller), c.caller.account, nil)
	if fault != nil {
		return nil, fault
	}
	if c.caller.user.Root {
		life = min(life, time.Hour)
	}
	federated := arn.ARN{Partition: partitionOf(c.caller), Service: "sts", AccountID: c.caller.account, Resource: "federated-user/" + name}
	id := identity{
		arn: federated.String(), userID: c.caller.account + ":" + name, account: c.caller.account, temporary: true,
		federated: true, policies: policies,
	}
	out := getFederationTokenXML{Credentials: s.mint(id, c.now, life), PackedPolicySize: packed}
	out.FederatedUser.ID, out.FederatedUser.ARN = id.userID, id.arn
	return out, nil
}

// ConsoleSession is what the sign-in service of the console knows of a session.
type ConsoleSession struct {
	ARN       string
	Expires   time.Time
	User      bool // made by GetSessionToken
	Federated bool // made by GetFederationToken
	Chained   bool // of a role that a session has assumed
	Allowed   bool // it may do something: false for a federated user without a session policy
}

// ForConsole returns what is known of a session, and an error for credentials that
// are none, or that have expired.
func (s *Server) ForConsole(c aws.Credentials) (ConsoleSession, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.sessions[c.AccessKeyID]
	equal := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	switch {
	case found == nil || !equal(found.secret, c.SecretAccessKey) || !equal(found.token, c.SessionToken):
		return ConsoleSession{}, fmt.Errorf("session %s: unknown, or another one's secret or token", c.AccessKeyID)
	case !s.now().Before(found.expires):
		return ConsoleSession{}, fmt.Errorf("session %s: expired", c.AccessKeyID)
	}
	id := found.identity
	return ConsoleSession{
		ARN: id.arn, Expires: found.expires, User: id.user != nil, Federated: id.federated, Chained: id.chained, Allowed: !id.federated || id.policies != nil,
	}, nil
}
