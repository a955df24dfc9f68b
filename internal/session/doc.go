// Package session turns the name of a profile into credentials: it opens the AWS
// files, the keystore and the session cache when they are first needed, and asks
// the user where that is needed.
//
// It prints nothing. What happens on the way goes to the events that it is
// handed, what went wrong is in its errors.
package session
