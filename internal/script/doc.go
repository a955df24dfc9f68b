// Package script tests what a user of awsexec sees, with scripts that read like
// a session on a terminal: testdata/*.txtar.
//
// The scripts run the built binary against a stand-in for AWS, with the
// encrypted file as keystore. They need only Go, and Unix.
package script
