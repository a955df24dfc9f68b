// Package credentials defines the SDK's credentials without the SDK.
//
// A warm call ends before the SDK would be initialized, so the packages that it
// needs must not import the SDK. All other packages use aws.Credentials.
package credentials

import "time"

// Plain has the same fields as aws.Credentials, so that a value of one type can
// be assigned to a variable of the other. Do not format it: that prints the
// secret.
type Plain = struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Source          string
	CanExpire       bool
	Expires         time.Time
	AccountID       string
}

// refreshMargin is how long before the real expiry a calling SDK believes that
// credentials expire. The Go SDK signs with them until the very second, so that
// the last requests would reach AWS too late. If the clocks differ a little,
// all of these would fail.
const refreshMargin = time.Minute

// Early returns c with an expiry slightly before the real one, for a calling
// SDK. Credentials that live only for seconds keep most of that time.
func Early(c Plain, now time.Time) Plain {
	if left := c.Expires.Sub(now); c.CanExpire && left > 0 {
		c.Expires = c.Expires.Add(-min(refreshMargin, left/4))
	}
	return c
}
