package fastpath

import (
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/credentials"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/processfmt"
)

func init() {
	// Under another name, a credential_process of that name might be this program.
	if self, err := Executable(); err == nil && len(os.Args) > 0 && base(self) == Name && base(os.Args[0]) == Name {
		answer(os.Args[1:], os.Environ())
	}
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// answer ends the process, or makes it the child, if a ticket allows that. Else
// it has no effect.
func answer(args, environ []string) {
	call, ok := Parse(args, environ)
	if !ok {
		return
	}
	program := ""
	if call.HasChild {
		var err error
		if program, err = exec.LookPath(call.Child[0], os.Getenv("PATH")); err != nil {
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
	data, file, err := call.Read(found, time.Now())
	if err != nil { // not worth asking for a key
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
	if t.Tokens != "" {
		if _, err := os.Stat(t.Tokens); err != nil { // somebody has signed out
			return
		}
	}
	session, err := cache.OpenSession(&held.Key, data, cache.Name(file))
	if err != nil || session.MadeWith != t.MadeWith || !session.Fresh(time.Now()) {
		return
	}
	session.Credentials.AccountID = t.Account
	if call.HasChild {
		if call.record(logbook.Exec, caller.Program{Name: caller.NameOf(program, call.Child), PID: os.Getpid()}, t, session.Credentials) != nil {
			return
		}
		id := exec.Identity{Credentials: session.Credentials, Region: t.Region, Profile: t.Profile, Settings: splitSettings(t.Settings), Narrowing: splitSettings(t.Narrowing)}
		_ = syscall.Exec(program, call.Child, exec.Environ(environ, id)) // the rest of the program reports why it failed, and knows scripts
		return
	}
	if call.record(logbook.Process, caller.Find(), t, session.Credentials) != nil {
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

// record writes into the log that credentials are handed out with the ticket t.
func (c *Call) record(how logbook.How, to caller.Program, t Ticket, given credentials.Plain) error {
	if c.NoLog {
		return nil
	}
	err := logbook.In(c.State).AppendWith(logbook.Entry{
		Time: time.Now(), Profile: t.Profile, How: how, Program: to.Name, ProgramPID: to.PID, KeyID: given.AccessKeyID, Expires: &given.Expires,
		Origin: logbook.Cached, PID: os.Getpid(),
	}, t.Facts)
	if err == nil {
		Recorded = given.AccessKeyID
	}
	return err
}

// attempt writes to standard output and remembers that it did.
type attempt struct{ made bool }

func (a *attempt) Write(data []byte) (int, error) {
	a.made = true
	return os.Stdout.Write(data)
}

// splitSettings returns what JoinSettings got.
func splitSettings(joined string) (variables [][2]string) {
	for kv, rest, ok := strings.Cut(joined, "\x00"); ok; kv, rest, ok = strings.Cut(rest, "\x00") {
		name, value, _ := strings.Cut(kv, "=")
		variables = append(variables, [2]string{name, value})
	}
	return variables
}
