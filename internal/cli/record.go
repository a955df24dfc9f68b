package cli

import (
	"os"
	"runtime"

	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/session"
)

// recorder writes into the log what a run hands out. It does so before a program
// gets it: a line too many is better than one too few.
type recorder struct {
	settings *session.Settings
	out      *ui
	known    string // the id of an access key that the log has for this call already
}

func newRecorder(s *session.Settings, out *ui, early Early) *recorder {
	r := &recorder{settings: s, out: out}
	if early != nil {
		r.known = early.Recorded()
	}
	return r
}

// record writes that a program gets credentials. If that fails, it warns: no program
// is to stand still because a disk is full.
func (r *recorder) record(how logbook.How, to caller.Program, given session.Given) {
	if r.settings.NoLog || r.known != "" && r.known == given.AccessKeyID {
		return
	}
	e := logbook.Entry{
		Time: r.settings.Now(), Profile: given.Profile.Name, How: how, Program: to.Name, ProgramPID: to.PID, KeyID: given.AccessKeyID,
		Origin: given.Origin(), PID: os.Getpid(), Facts: given.Facts(),
	}
	if given.CanExpire {
		e.Expires = &given.Expires
	}
	dir, err := r.settings.StateDir()
	if err == nil {
		err = logbook.In(dir).Append(e)
	}
	if err != nil {
		r.out.Warn(&logbook.WriteError{Err: err})
	}
}

// childOf returns the program at path, which is to be run with args. Where awsexec
// becomes the program, its process is known before it runs.
func childOf(path string, args []string, becomes bool) caller.Program {
	child := caller.Program{Name: caller.NameOf(path, args)}
	if becomes && runtime.GOOS != "windows" {
		child.PID = os.Getpid()
	}
	return child
}
