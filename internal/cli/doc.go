// Package cli is the command line of awsexec: the grammar, one file a command,
// and what a person sees.
//
// A command reads its flags, calls a room and prints what that returns. Only
// ui.go and page.go print, and only the hints files say what can be done about an
// error.
package cli
