// Package populate writes profiles for the accounts and roles that a sign-in at IAM
// Identity Center may use: which ones, under which names, and what becomes of the
// config file. It makes no request and touches no file.
package populate
