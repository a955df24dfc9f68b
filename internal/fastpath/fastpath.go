// Package fastpath answers a call of awsexec while the program is still being
// initialised, and ends it there, if an earlier call was the same and the kernel
// holds the key of the session cache. Every other call goes the whole way, as if
// this package did not exist.
//
// # Why it exists, and why in init
//
// SDKs run a credential_process again and again, and nearly all of these calls
// find a session that is still good. Go initialises a package as soon as all
// that it imports is initialised, in the order of import paths (Go
// specification, "Package initialization"). This package imports little, so its
// init runs before net/http, the SDK, the parser of the command line and the
// D-Bus library are initialised, which costs more than all that such a call has
// to do. A call that this package answers takes about half as long as one that
// goes the whole way; docs/performance.md has the figures.
//
// Packages with paths up to github.com/aws/ come first where their imports allow
// it. That costs less than 1 ms, most of it for the schemas of the SDK's
// services, and nothing simple changes it.
//
// # How it works
//
// A call that has handed out a session of the cache leaves a ticket: a small
// sealed file that says which session that was (package tickets). Its name is
// the fingerprint of all that the choice depended on: the program itself, its
// user, its own arguments, every variable that it reads, and the contents of the
// AWS files, of the keystore's indexes and of the encrypted file. A call with
// the same fingerprint may go straight to that session: to read and resolve the
// profiles again would have the same result. Sessions of roles are found in the
// same way as those of users.
//
// # What must hold
//
// A call that is answered with a ticket prints what the whole program would
// print, byte for byte, or this package returns and has done nothing. It writes
// nothing to standard error. It writes the line of the log that the whole program
// would write, and returns if it cannot. Therefore
//   - a ticket is left only for credentials that are a session of the cache made
//     from a key in the keystore or with a sign-in, by a call that printed nothing
//     else, and only if the fingerprint was the same before and after it;
//   - a session of a sign-in is not handed out once its tokens are gone: somebody
//     has signed out. A ticket names their file, which must still be there;
//   - a ticket holds no credentials and no time: the session must exist, open, be
//     fresh at the time of the call, and have been made with the long-term key
//     that the ticket names. Where sessions of other lives are as good, the ticket
//     says so, and they are looked for in the order in which the whole program does;
//   - a ticket holds the digest of the index that was right when it was left. The
//     kernel holds, with the sealing key, the digest of the index that is right
//     now: an index and a store that were both restored do not lead to the
//     session of their time;
//   - tickets are sealed with the key of the sessions, together with the whole
//     fingerprint: without that key nobody can lead a profile to another's
//     session, and a ticket copied to the name of another does not open;
//   - a passphrase, awsexec's or another tool's, is in no fingerprint: whoever
//     finds the name of a ticket, in a backup perhaps, could try millions of
//     passphrases a second on it. No passphrase decides which session a call
//     gets, and none is needed on the way of a ticket;
//   - session policies are part of what a session is: those that flags, variables
//     or profiles name are in the fingerprint. A policy that may be in a file of its
//     own is not, and a session with one gets no ticket;
//   - a call that is not plain (an unknown flag, an AWS file that is a pipe or
//     whose name needs expansion) has no fingerprint.
//
// The fingerprint does not cover whether the keystore can be read at the moment.
// As long as the kernel holds the sealing key, sessions are handed out without
// asking the keystore. Without a ticket that takes at least a bus on which a
// keyring could be. With a ticket it does not, so a keyring that has gone does
// not lead a profile to other credentials before the kernel has dropped the key.
//
// # How to do without it
//
// AWSEXEC_WARM=0 switches it off. To remove it, delete this directory and have
// cmd/awsexec/main.go hand nil to cli.Main, without the import. What is left
// over are its tests (TestFastPathIsLight and two rows of the table in
// internal/ci, warm_test.go in internal/e2e) and the goals for warm calls of
// make bench.
package fastpath

// Name is the file name of the program. Under another one there are no tickets.
const Name = "awsexec"

// Switch is the variable that switches tickets off with any value but 1.
const Switch = "AWSEXEC_WARM"

// Recorded is the id of the access key that the log has this call with; "" if it has
// none yet. If the answer failed after that, the whole program does not record it
// again.
var Recorded string

// WriteError is why credentials could not be written to standard output, or not
// all of them. The call has then been answered, and has failed.
var WriteError error
