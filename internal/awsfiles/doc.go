// Package awsfiles edits AWS files, leaves secrets out of what is shown or kept
// of them, and makes private copies of them for programs that are started with
// these. Package profile reads them.
package awsfiles
