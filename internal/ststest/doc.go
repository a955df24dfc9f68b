// Package ststest is a stand-in for AWS STS, and for the access keys and MFA
// devices of IAM users. It is a real HTTP server on loopback that checks
// callers, calls and times as strictly as AWS.
//
// It enforces what the STS API reference and the SDKs describe: Signature
// Version 4 with 15 minutes of clock skew, in a header or in the URL; access keys that are known, active
// and used with their own session token; expiry; parameter ranges; MFA codes
// (RFC 6238) that work once; GetSessionToken only for long-term credentials;
// and, for roles, trust, external ID, MFA, MaxSessionDuration and the one hour
// of role chaining.
//
// For IAM it enforces: at most two access keys for a user; keys that are not
// accepted at once; no sessions made without MFA; signatures for the one region
// of IAM.
//
// Session policies are kept to their limits and enforced, with simple statements
// and the two managed policies that tests need; see policies.go.
//
// It does not model: identity policies (a principal may assume every role that
// trusts it, and a user may do what Forbid does not forbid), and other actions than
// those of operations, which get InvalidAction.
package ststest
