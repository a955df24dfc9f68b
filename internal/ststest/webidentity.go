// AssumeRoleWithWebIdentity.

package ststest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
)

type webIdentityXML struct {
	XMLName         xml.Name `xml:"AssumeRoleWithWebIdentityResult"`
	Credentials     credentialsXML
	AssumedRoleUser assumedRoleUserXML
	Subject         string `xml:"SubjectFromWebIdentityToken"`
	Provider        string
	Audience        string

	PackedPolicySize int `xml:",omitempty"`
}

func (s *Server) assumeRoleWithWebIdentity(c call) (any, *Fault) {
	check := checker{params: c.params}
	roleARN := check.text("RoleArn", formRoleARN(), true)
	sessionName := check.text("RoleSessionName", formSessionName(), true)
	token := check.text("WebIdentityToken", form{4, 20000, `(?s).*`}, true)
	life := check.duration(900, 43200, 3600)
	policies := check.policies()
	if fault := check.fault(); fault != nil {
		return nil, fault
	}
	web, known := s.webIdentities[token]
	if !known {
		return nil, &Fault{Status: http.StatusBadRequest, Code: "InvalidIdentityToken",
			Message: "The ID Token provided is not a valid JWT. " +
				"(You may see this error if you sent an Access Token)"}
	}
	if !web.Expires.IsZero() && !c.now.Before(web.Expires) {
		return nil, &Fault{Status: http.StatusBadRequest, Code: "ExpiredTokenException",
			Message: fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", c.now.Unix(), web.Expires.Unix())}
	}
	role, exists := s.roles[roleARN]
	if !exists || !slices.Contains(role.Trust, web.Provider) {
		return nil, refuse(AccessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity"))
	}
	if fault := checkRoleLimit(role, life); fault != nil {
		return nil, fault
	}
	id := roleIdentity(roleARN, sessionName)
	packed, fault := policies.fault(partitionOf(&id), id.account, nil)
	if fault != nil {
		return nil, fault
	}
	id.policies = policies
	return webIdentityXML{
		Credentials:     s.mint(id, c.now, life),
		AssumedRoleUser: assumedRoleUserXML{AssumedRoleID: id.userID, ARN: id.arn},
		Subject:         web.Subject,
		Provider:        web.Provider,
		Audience:        web.Audience,

		PackedPolicySize: packed,
	}, nil
}
