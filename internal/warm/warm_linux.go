// Package warm answers a warm call of awsexec while the program is still being initialised, and ends it there.
//
// Go initialises packages in the order of their import paths as far as their imports allow (Go specification, "Package initialization").
// This package imports so little that it comes before net/http, the SDK, the parser of the command line and the D-Bus library, whose
// initialisation costs more than all that a warm call has to do. Importing it is enough, and only the command itself may.
//
// It answers completely or returns without having done anything: without a ticket (see package ticket), a sealing key that the kernel
// holds, and a fresh session, the program goes on as if it were not there. It writes nothing to standard error.
package warm

import (
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/awsexec/awsexec/internal/child"
	"github.com/awsexec/awsexec/internal/credentials"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/sealed"
	"github.com/awsexec/awsexec/internal/ticket"
	"github.com/awsexec/awsexec/processfmt"
)

// WriteError is why credentials could not be written, wholly perhaps, to standard output. The call has been answered then, and failed.
var WriteError error

func init() {
	// Under another name it might have to know whether a credential_process of that name is itself.
	if self, err := ticket.Executable(); err == nil && len(os.Args) > 0 && base(self) == ticket.Name && base(os.Args[0]) == ticket.Name {
		answer(os.Args[1:], os.Environ())
	}
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// answer ends the process, or becomes the child, if it can.
func answer(args, environ []string) {
	call, ok := ticket.Parse(args, environ)
	if !ok {
		return
	}
	program := ""
	if call.HasChild {
		var err error
		if program, err = child.LookPath(call.Child[0], os.Getenv("PATH")); err != nil {
			return
		}
	}
	f, err := call.Fingerprint()
	if err != nil {
		return
	}
	found, err := call.Find(f)
	if err != nil {
		return
	}
	data, err := call.Read(found)
	if err != nil {
		return
	}
	if stale, err := sealed.Peek(data); err != nil || !stale.Fresh(time.Now()) { // not worth asking for a key
		return
	}
	held, _, err := kernelkey.GetSealing(kernelkey.StoreName(found.Store, call.Data))
	if err != nil {
		return
	}
	defer clear(held.Key[:])
	t, err := found.Open(&held.Key)
	if err != nil || t.Index != held.Index {
		return
	}
	session, err := sealed.OpenSession(&held.Key, data, sealed.Name(t.Session))
	if err != nil || session.MadeWith != t.MadeWith || !session.Fresh(time.Now()) {
		return
	}
	if call.HasChild {
		id := child.Identity{Credentials: session.Credentials, Region: t.Region, Profile: t.Profile}
		_ = syscall.Exec(program, call.Child, child.Environ(environ, id)) // the rest of the program tells why it failed, and knows scripts
		return
	}
	out := attempt{}
	if err := processfmt.Encode(&out, credentials.Early(session.Credentials, time.Now())); err != nil {
		if out.made {
			WriteError = err
		}
		return
	}
	os.Exit(0)
}

// attempt writes to standard output, and remembers that it has.
type attempt struct{ made bool }

func (a *attempt) Write(data []byte) (int, error) {
	a.made = true
	return os.Stdout.Write(data)
}
