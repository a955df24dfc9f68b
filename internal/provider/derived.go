package provider

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/cache"
)

// Derived is what a service of AWS makes with a session and is good for as long as that:
// a password, for example.
type Derived struct {
	Operation string // of the service
	Endpoint  string // that is called
	Region    string
	Issue     func(ctx context.Context) (aws.Credentials, error) // calls it
}

// Retrieve returns what was made with session, which p has returned last. It is in the
// cache like the session, and for no longer, and one process at a time makes it. With
// credentials from elsewhere it is made anew each time.
func (d Derived) Retrieve(ctx context.Context, p aws.CredentialsProvider, session aws.Credentials) (aws.Credentials, error) {
	p, _ = unwrapped(p)
	c, ok := p.(*cached)
	if !ok {
		return d.Issue(ctx)
	}
	k := cache.Key{Base: c.key.Base, From: session.AccessKeyID, Operation: d.Operation, Endpoint: d.Endpoint, Region: d.Region}
	issue := func(ctx context.Context) (aws.Credentials, error) {
		made, err := d.Issue(ctx)
		if made.Expires.After(session.Expires) {
			made.Expires = session.Expires
		}
		return made, err
	}
	return (&cached{m: c.m, key: k, name: c.name, lock: k.ID(), signIn: c.signIn, issue: issue}).Retrieve(ctx)
}
