// Package awsfiles changes AWS files, with a backup, and makes private copies of them for programs that are started with these. Package
// profile reads them.
package awsfiles
