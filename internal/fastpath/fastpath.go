// Package fastpath answers a call of awsexec while the program is still being initialised, and ends it there, if an earlier call was asked the
// same and the kernel holds the key of the session cache. Every other call goes the whole way, as if this package were not there.
//
// # Why
//
// SDKs run a credential_process again and again, and nearly all of these calls find a session that is good. Go initialises packages in the order
// of their import paths as far as their imports allow (Go specification, "Package initialization"). This package imports little, so that its init
// comes before that of net/http, the SDK, the parser of the command line and the D-Bus library, which cost more than all that such a call has to
// do: it takes about half the time that the whole way does. docs/performance.md has the figures.
//
// # How
//
// A call that has handed out a session of the cache leaves a ticket: a small sealed file that says which session that was. Its name is the
// fingerprint of all that the choice depended on: the program itself, its user, its own arguments, every variable that it reads, and
// the contents of the AWS files, of the keystore's indexes and of the encrypted file. A call with the same fingerprint may go straight to that
// session: reading and resolving profiles again could only come to the same. A role's session is found as a user's is.
//
// # What must hold
//
// Whoever answers with a ticket gives what the whole program would give, byte for byte, or returns without having done anything. It writes nothing
// to standard error. Therefore
//   - a ticket is left only for credentials that are a session of the cache made from a key in the keystore, by a call that printed
//     nothing else, and only if the fingerprint was the same before and after it;
//   - a ticket holds no credentials and says nothing of time: the session must be there, open, be fresh at the time of the call, and have been
//     made with the long-term key that the ticket names;
//   - it names the digest of the index that was right when it was left. The kernel holds with the sealing key the digest of the one that is right
//     now: an index and a store that were put back to what they were then lead nobody to the session of then;
//   - tickets are sealed with the key of the sessions, under the whole fingerprint: nobody without that key can lead a profile to another's
//     session, and a ticket that was copied to the name of another does not open;
//   - a passphrase, awsexec's or another tool's, is in no fingerprint: whoever gets at the name of a ticket, in a backup perhaps, could try
//     passphrases on it, millions a second. None has a say in which session a call gets, nor opens anything on the way of a ticket;
//   - whatever is not plain (a flag that is not known here, an AWS file that is a pipe or whose name takes expansion) has no fingerprint.
//
// What is not in the fingerprint is whether the keystore could be read just now: as long as the kernel holds the sealing key, sessions
// are handed out without asking it. Without a ticket that takes a bus at least on which a keyring could be; with one not even that, so that
// a keyring that is gone does not lead a profile to other credentials before the kernel has forgotten the key.
//
// # To do without it
//
// AWSEXEC_WARM=0 switches it off. To remove it, delete this directory and internal/cli/ticket.go, and what then does not compile.
package fastpath

// Name is the file name of the program. Under another one there are no tickets.
const Name = "awsexec"

// Switch is the variable that switches tickets off with any value but 1.
const Switch = "AWSEXEC_WARM"

// WriteError is why credentials could not be written, wholly perhaps, to standard output. The call has been answered then, and failed.
var WriteError error
