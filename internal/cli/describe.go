package cli

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/awsexec/awsexec/internal/profile"
)

// accountOf returns the account that the files say p is of; "" if they do not.
func accountOf(p *profile.Profile) string {
	switch {
	case p.RoleARN != "":
		return accountIn(p.RoleARN)
	case p.SSO != nil:
		return p.SSO.AccountID
	case p.LoginSession != "":
		return accountIn(p.LoginSession)
	}
	return accountIn(p.MFASerial)
}

func accountIn(s string) string {
	a, err := arn.Parse(s)
	if err != nil {
		return ""
	}
	return a.AccountID
}

// aboutProfile returns what tells p from others: its role, its account and its
// region, as far as the files say.
func aboutProfile(p *profile.Profile) string {
	var parts []string
	if i := strings.LastIndexByte(p.RoleARN, '/'); i >= 0 {
		parts = append(parts, "role "+p.RoleARN[i+1:])
	} else if p.SSO != nil && p.SSO.RoleName != "" {
		parts = append(parts, "SSO "+p.SSO.RoleName)
	}
	if account := accountOf(p); account != "" {
		parts = append(parts, account)
	}
	if p.Region != "" {
		parts = append(parts, p.Region)
	}
	return strings.Join(parts, " ")
}
