// Package remote gives a program on another host the credentials of an endpoint on
// this machine, by the system's ssh.
//
// It makes one connection, whose control socket is in a directory of this process, and
// runs three things on it: a keeper, which holds files on the host as long as its
// standard input is open; a forward from a free port there to the endpoint; and the
// user's session. The token reaches the host through the keeper's standard input, and
// is in no list of processes or variables.
package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/guard"
	"github.com/awsexec/awsexec/internal/program"
)

// Config is what a Link is made of.
type Config struct {
	SSH     string // path of ssh
	Target  Target
	Dir     string   // a directory for the socket that nobody else can use
	Environ []string // of ssh

	Token   string // of the endpoint
	AWSFile []byte // the AWS config file for the remote program

	Stderr *os.File // where ssh says what it has to say
}

// Link is a connection to a host. Close it.
type Link struct {
	config Config
	dir    string // on the host
	keeper *exec.Cmd
	stdin  io.WriteCloser // of the keeper
	ended  chan error
}

// SSHError reports that ssh could not do its work. It has said why.
type SSHError struct{ Host string }

func (e *SSHError) Error() string { return fmt.Sprintf("ssh has no connection to %s", e.Host) }

// ForwardError reports that the host forwards no port.
type ForwardError struct{ Host, Said string }

func (e *ForwardError) Error() string {
	return fmt.Sprintf("%s forwards no port to this machine: %s", e.Host, e.Said)
}

// HostError reports that the files could not be made on the host.
type HostError struct {
	Host string
	Err  error
}

func (e *HostError) Error() string {
	return fmt.Sprintf("%s: the files for the program could not be made: %v", e.Host, e.Err)
}

func (e *HostError) Unwrap() error { return e.Err }

const (
	closing   = 3 * time.Second // how long the host may take to remove its files
	maxAnswer = 64 << 10        // bytes of an answer of ssh
	maxGreet  = 1 << 20         // bytes that the start files of a shell may print
)

// Open connects to the host, where ssh may ask the user for a password, and has the
// keeper make its files.
func Open(ctx context.Context, c Config) (*Link, error) {
	l := &Link{config: c, ended: make(chan error, 1)}
	// The first value of an option counts for ssh. What is about the session of the
	// user is not to happen twice.
	args := []string{
		"-o", "ControlMaster=yes", "-o", "ControlPath=" + l.socket(), "-o", "ControlPersist=no", "-o", "RemoteCommand=none",
		"-o", "ClearAllForwardings=yes", "-o", "PermitLocalCommand=no", "-o", "StdinNull=no", "-o", "ForkAfterAuthentication=no", "-o", "SessionType=default",
	}
	args = append(args, c.Target.Options...)
	l.keeper = exec.Command(c.SSH, append(args, "-T", "--", c.Target.Host, portable(keeper))...)
	l.keeper.Env, l.keeper.Stderr = c.Environ, c.Stderr
	var err error
	if l.stdin, err = l.keeper.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := l.keeper.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := guard.Start(l.keeper.Start); err != nil {
		return nil, err
	}
	said := make(chan string, 1)
	fault.Go(func() {
		said <- findDirectory(out)
		_, _ = io.Copy(io.Discard, out)
		l.ended <- l.keeper.Wait()
	})
	fault.Go(func() { // if ssh ends before it has read this, said says so
		_, _ = io.WriteString(l.stdin, c.Token+"\n"+strings.TrimSuffix(string(c.AWSFile), "\n")+"\n.\n")
	})
	select {
	case l.dir = <-said:
	case <-ctx.Done():
		l.Close()
		return nil, context.Cause(ctx)
	}
	if l.dir != "" {
		return l, nil
	}
	_ = l.stdin.Close()
	select {
	case err = <-l.ended:
	case <-time.After(closing):
		_ = l.keeper.Process.Kill()
		err = errors.New("no answer")
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 255 {
		return nil, &SSHError{c.Target.Host}
	}
	if err == nil {
		err = errors.New("no answer")
	}
	return nil, &HostError{c.Target.Host, err}
}

// findDirectory returns the directory that the keeper names, "" if it names none.
func findDirectory(out io.Reader) string {
	lines := bufio.NewReader(io.LimitReader(out, maxGreet))
	for {
		line, err := lines.ReadString('\n')
		if dir, ok := directory(line); ok {
			return dir
		}
		if err != nil {
			return ""
		}
	}
}

func (l *Link) socket() string { return filepath.Join(l.config.Dir, "s") }

// Forward has the host forward a free port of its loopback to an address of this
// machine, and returns the port.
func (l *Link) Forward(ctx context.Context, address string) (port int, err error) {
	cmd := exec.CommandContext(ctx, l.config.SSH, "-S", l.socket(), "-O", "forward", "-R", "127.0.0.1:0:"+address, "--", l.config.Target.Host)
	cmd.Env = l.config.Environ
	program.KeepInGroup(cmd)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := program.Run(ctx, cmd, maxAnswer)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	port, convErr := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil || convErr != nil || port <= 0 {
		return 0, &ForwardError{l.config.Target.Host, strings.TrimSpace(said.String())}
	}
	return port, nil
}

// Arguments returns the arguments of ssh, its name first, for the user's session with
// the variables of set, and without those of unset. A terminal is for an interactive
// shell.
func (l *Link) Arguments(set [][2]string, unset []string, terminal bool) []string {
	t := l.config.Target
	args := []string{"ssh", "-S", l.socket(), "-o", "ControlMaster=no", "-o", "RemoteCommand=none"}
	if len(t.Command) == 0 && terminal {
		args = append(args, "-t")
	}
	if t.NoInput {
		args = append(args, "-n")
	}
	args = append(args, t.Options...)
	return append(args, "--", t.Host, portable(session(t.Command, set, unset)))
}

// Path returns the path of a file on the host: "token", "config" or "credentials".
func (l *Link) Path(name string) string { return l.dir + "/" + name }

// Close ends the connection, and waits for the host to remove its files.
func (l *Link) Close() {
	_ = l.stdin.Close()
	select {
	case <-l.ended:
	case <-time.After(closing):
		_ = l.keeper.Process.Kill()
		<-l.ended
	}
}
