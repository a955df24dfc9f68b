// Package ststest is a stand-in for AWS STS, and for the access keys of IAM: a
// real HTTP server on loopback that is as strict as AWS about who calls it, how
// and when.
//
// Enforced, as the STS API reference and the SDKs describe it: Signature
// Version 4 with 15 minutes of clock skew; access keys known, active and used
// with their own session token; expiry; parameter ranges; MFA codes (RFC 6238)
// that work once; GetSessionToken for long-term credentials only; and, for
// roles, trust, external id, MFA, MaxSessionDuration and the one hour of role
// chaining.
//
// Of IAM: two access keys for a user at the most; keys that are not accepted at
// once; no sessions made without MFA; signatures for the one region of IAM.
//
// Not modelled: identity policies (a principal may assume every role that
// trusts it, a user may do what Forbid does not forbid), session policies,
// presigned URLs, and the actions other than those of operations, which answer
// InvalidAction.
package ststest
