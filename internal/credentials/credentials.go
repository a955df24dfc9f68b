// Package credentials has the SDK's credentials without the SDK.
//
// A warm call is over before the SDK would be initialised, so what it needs of ours must not import the SDK. Everything else uses
// aws.Credentials.
package credentials

import "time"

// Plain is what aws.Credentials is made of, field by field: a value of either can be assigned to a variable of the other. It must not be
// formatted: that prints the secret.
type Plain = struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Source          string
	CanExpire       bool
	Expires         time.Time
	AccountID       string
}

// ahead is how long before their end a calling SDK is told that credentials end. The Go SDK signs with them until that very second, so
// that the last requests would reach AWS too late, all of them where the clocks differ a little.
const ahead = time.Minute

// Early returns c as a calling SDK is to be told of it; of credentials that live for seconds it keeps the most part.
func Early(c Plain, now time.Time) Plain {
	if left := c.Expires.Sub(now); c.CanExpire && left > 0 {
		c.Expires = c.Expires.Add(-min(ahead, left/4))
	}
	return c
}
