// Package session turns the name of a profile into credentials: it opens the AWS
// files, the keystore and the session cache when they are first needed, and asks
// the user where that is needed.
//
// It prints nothing. It reports progress to the events that it is given, and
// failures by its errors.
package session
