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
