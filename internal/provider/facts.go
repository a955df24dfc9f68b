package provider

import "github.com/aws/aws-sdk-go-v2/aws"

// Facts are what is known of credentials, for the log of what was handed out.
type Facts struct {
	RoleARN string // "" for none, and if it is not known
	Session bool   // they are a session that awsexec makes
	Cached  bool   // it was made before
	Key     bool   // it is made from a long-term key, so that the next is known
	MFA     bool   // it was made with an MFA code
}

// FactsOf returns what is known of what p returned last.
func FactsOf(p aws.CredentialsProvider) Facts {
	p, _ = unwrapped(p)
	c, ok := p.(*cached)
	if !ok {
		return Facts{}
	}
	f := Facts{RoleARN: c.key.RoleARN, Session: true, Cached: !c.made.Load(), Key: true}
	for ; c != nil; c = c.from { // a code that made the session before a role counts for the role
		f.Key = f.Key && c.signIn == nil
		f.MFA = f.MFA || c.key.MFASerial != ""
	}
	return f
}
