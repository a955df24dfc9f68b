// GetCallerIdentity and GetSessionToken.

package ststest

import (
	"encoding/xml"
	"time"
)

type getCallerIdentityXML struct {
	XMLName xml.Name `xml:"GetCallerIdentityResult"`
	ARN     string   `xml:"Arn"`
	UserID  string   `xml:"UserId"`
	Account string
}

func (s *Server) getCallerIdentity(c call) (any, *Fault) {
	return getCallerIdentityXML{ARN: c.caller.arn, UserID: c.caller.userID, Account: c.caller.account}, nil
}

type getSessionTokenXML struct {
	XMLName     xml.Name `xml:"GetSessionTokenResult"`
	Credentials credentialsXML
}

func (s *Server) getSessionToken(c call) (any, *Fault) {
	if c.caller.temporary {
		return nil, refuse(AccessDenied("Cannot call GetSessionToken with session credentials"))
	}
	check := checker{params: c.params}
	life := check.duration(900, 129600, 43200)
	check.mfa()
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	if c.caller.user.Root {
		life = min(life, time.Hour) // STS shortens a root session without an error
	}
	mfa, fault := verifyMFA(c.caller, c.params, c.now)
	if fault != nil {
		return nil, fault
	}
	id := *c.caller
	id.temporary, id.mfa = true, mfa
	return getSessionTokenXML{Credentials: s.mint(id, c.now, life)}, nil
}
