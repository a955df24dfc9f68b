// Package profile reads the AWS config and credentials files and resolves one named profile, with its chain of source
// profiles, into an immutable value.
//
// It is pure: it reads the two files it is told to and nothing else, makes no request, asks nobody, and takes environment
// variables through a function that is handed in.
//
// The files are read exactly as botocore reads them (Python's configparser, then botocore's configloader): inline comments
// and quotes belong to the value, an indented line continues the value above it, a value that starts on the next line is a
// block of nested settings, [DEFAULT] gives every section its settings, and a repeated section or key is an error. Three
// deviations: a UTF-8 byte order mark is skipped, a NUL byte is an error, and the capitals İ and Σ in a key have one lower
// case each.
//
// Every value remembers the file and line that it comes from.
package profile
