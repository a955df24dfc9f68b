// Package profile reads the AWS config and credentials files and resolves one
// named profile, with its chain of source profiles, into an immutable value.
// Package awsini is the grammar of the files.
//
// It is pure: it reads the two files that it is given and nothing else, makes no
// request, asks nobody, and takes environment variables through a function that
// is handed in.
package profile
