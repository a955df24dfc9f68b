package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"

	xterm "golang.org/x/term"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/remote"
	"github.com/awsexec/awsexec/internal/renew"
	"github.com/awsexec/awsexec/internal/scratch"
	"github.com/awsexec/awsexec/internal/server"
	"github.com/awsexec/awsexec/internal/session"
)

// sshCmd gives a program on another host credentials that stay here.
type sshCmd struct {
	Args []string `arg:"" optional:"" name:"ssh-args" help:"What ssh takes: its options, the host, and perhaps a command."`

	ssh []string // Args as they were given, with the first -- and what is behind it
}

// cutSSH cuts the arguments of ssh off those of awsexec: they begin with the first one
// behind the word that is no flag of awsexec. A -p before that names the profile.
func cutSSH(own []string) (before, ssh []string) {
	at := -1
	for i := 0; i < len(own) && at < 0; i++ {
		switch {
		case own[i] == "ssh":
			at = i + 1
		case !strings.HasPrefix(own[i], "-"):
			return own, nil
		case takesNext(own[i]):
			i++
		}
	}
	if at < 0 {
		return own, nil
	}
	for at < len(own) && isOwnFlag(own[at]) {
		if takesNext(own[at]) && at+1 < len(own) {
			at++
		}
		at++
	}
	return own[:at:at], own[at:]
}

// isOwnFlag reports whether arg is a flag of awsexec: ssh has no long ones.
func isOwnFlag(arg string) bool {
	return strings.HasPrefix(arg, "--") || strings.HasPrefix(arg, "-p") || arg == "-h"
}

// takesNext reports whether the value of the flag arg is the next argument.
func takesNext(arg string) bool {
	return slices.Contains([]string{"-p", "--profile", "--duration", "--region", "--policy", "--policy-arn", "--keystore"}, arg)
}

func (c *sshCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor, gate *gate, remembered *memory) error {
	target, err := remote.Parse(c.ssh)
	if err != nil {
		return usageError{"ssh: " + err.Error(), "awsexec ssh [-p NAME] HOST -- CMD"}
	}
	if runtime.GOOS == "windows" {
		return usageError{"awsexec ssh needs an ssh that shares connections, which Windows has not: run it in WSL", ""}
	}
	path, err := exec.LookPath("ssh", settings.Env("PATH"))
	if err != nil {
		return childError{err}
	}
	p, err := sess.Selected(ctx)
	if err != nil {
		return err
	}
	to := caller.Program{Name: "ssh"}
	gate.host = target.Host
	if err := gate.check(ctx, p, onlyProgram(to)); err != nil {
		return err
	}
	config, err := sess.Config()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	warn := func(name string, err error) {
		out.warn(fmt.Errorf("profile %q: its credentials could not be renewed: %w", name, err), hintFor(err, adv, name))
	}
	s := newService(listener, []*profile.Profile{p}, nil, server.Config{Now: settings.Now, Lasting: renew.Lasting, Warn: warn}, sess, gate.passing(logbook.SSH, to, remembered, adv))
	defer s.Close()
	if err := s.Fetch(ctx, p.Name); err != nil {
		return err
	}
	s.start()
	dir, remove, err := scratch.Make(socketParent(os.TempDir()), "awsexec-control-", settings.Now())
	if err != nil {
		return err
	}
	defer remove()
	// Nothing says what is waited for: ssh itself asks for passwords on the terminal.
	connecting, cancel := context.WithTimeoutCause(ctx, execLimit, session.ErrTooLong)
	defer cancel()
	link, err := remote.Open(connecting, remote.Config{
		SSH: path, Target: target, Dir: dir, Environ: settings.Environ, Stderr: os.Stderr,
		Token: s.Token(), AWSFile: awsfiles.Elsewhere(awsfiles.WithoutCredentials(config, p.Name)),
	})
	if err != nil {
		return sshError{err}
	}
	defer link.Close()
	port, err := link.Forward(connecting, listener.Addr().String())
	if err != nil {
		return err
	}
	sess.Person.ServePrograms()
	sess.Person.LeaveTerminal()
	if err := s.narrow(ctx, sess); err != nil {
		return err
	}
	endpoint := s.endpoint
	endpoint.URL = fmt.Sprintf("http://127.0.0.1:%d/", port)
	endpoint.TokenFile, endpoint.ConfigFile, endpoint.CredentialsFile = link.Path("token"), link.Path("config"), link.Path("credentials")
	set, unset := endpoint.Elsewhere()
	args := link.Arguments(set, unset, xterm.IsTerminal(int(os.Stdin.Fd())))
	out.leaveTerminal()
	return runChild(ctx, &exec.Cmd{Path: path, Args: args, Env: settings.Environ})
}

// socketParent returns the directory for the socket of ssh: temp, unless its path is too
// long for one or holds what ssh would expand.
func socketParent(temp string) string {
	const longest = 48 // of the 104 bytes that macOS has for a socket; ssh adds 17 of its own
	plain := func(r rune) bool {
		return r == '/' || r == '-' || r == '_' || r == '.' || r == '+' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if len(temp) > longest || strings.ContainsFunc(temp, func(r rune) bool { return !plain(r) }) {
		return "/tmp"
	}
	return temp
}

// sshError is the error of ssh itself, which has said what is wrong. The exit code is
// that of ssh.
type sshError struct{ error }

func (e sshError) Unwrap() error { return e.error }

// exitCode implements what exitCode looks for.
func (e sshError) exitCode() int {
	if _, ok := errors.AsType[*remote.SSHError](e.error); ok {
		return 255
	}
	return exitFailed
}
