// Package awsini is the grammar of the AWS config and credentials files.
//
// They are read exactly as botocore reads them (Python's configparser, then
// botocore's configloader): inline comments and quotes belong to the value, an
// indented line continues the value above it, a value that starts on the next
// line is a block of nested settings, [DEFAULT] gives every section its settings,
// and a repeated section or key is an error. There are three deviations: a UTF-8
// byte order mark is skipped, a NUL byte is an error, and the capitals İ and Σ in
// a key have one lower case each.
//
// Every value remembers the file and line that it comes from.
package awsini
