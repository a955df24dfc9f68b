package cli

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/renew"
	"github.com/awsexec/awsexec/internal/server"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/processfmt"
)

// serveCmd serves credentials as containers get them, to a program that it starts
// or to programs that the user gives the address and the token.
type serveCmd struct {
	Names       []string          `arg:"" complete:"profile" optional:"" name:"name" help:"Profiles to serve, as with -p."`
	Listen      string            `default:"127.0.0.1:0" placeholder:"ADDRESS" help:"Listen on this address and port; 0 is any free port."`
	AllowRemote bool              `help:"Allow an address that other machines may reach."`
	AllowHost   []string          `sep:"none" placeholder:"NAME" help:"Accept requests for this host name too."`
	Container   bool              `help:"Print the flags that docker run and podman run need."`
	Format      processfmt.Format `placeholder:"FORMAT" complete:"format" help:"Set how variables are printed, as with export."`

	args []string // of the program to start; nil for none
}

func (c *serveCmd) aboutAll() *[]string { return &c.Names }

func (c *serveCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor, given *flags, remembered *memory, gate *gate) error {
	if err := c.check(settings); err != nil {
		return err
	}
	program, to := "", caller.Find() // whoever started this gets the address
	if c.args != nil {
		var err error
		if program, err = exec.LookPath(c.args[0], settings.Env("PATH")); err != nil {
			return childError{err}
		}
		to = childOf(program, c.args, false)
	}
	profiles, err := served(ctx, sess, given)
	if err != nil {
		return err
	}
	for _, p := range profiles {
		if err := gate.check(ctx, p, c.programs(to)); err != nil {
			return err
		}
	}
	listener, err := c.listen(out)
	if err != nil {
		return err
	}
	defer listener.Close()
	warn := func(name string, err error) {
		out.warn(fmt.Errorf("profile %q: its credentials could not be renewed: %w", name, err), hintFor(err, adv, name))
	}
	s := newService(listener, profiles, c.AllowHost, server.Config{Now: settings.Now, Lasting: renew.Lasting, Warn: warn}, sess, gate.passing(logbook.Serve, to, remembered, adv))
	defer s.Close()
	for _, p := range profiles {
		if err := s.Fetch(ctx, p.Name); err != nil {
			return err
		}
	}
	sess.Person.ServePrograms()
	if c.args != nil {
		return s.serveChild(ctx, settings, sess, out, &exec.Cmd{Path: program, Args: c.args})
	}
	ended := s.start()
	for i, p := range profiles {
		out.note("profile %q is served at %s", p.Name, s.address(i))
	}
	if c.Container {
		remove, err := s.printFlags(ctx, settings, sess, out)
		if err != nil {
			return err
		}
		defer remove()
	} else if err := processfmt.ExportVariables(out.out, c.Format, s.endpoint.Variables()); err != nil {
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done(): // the way to end it, which is not a failure
		return nil
	}
}

// check refuses what cannot be served or printed.
func (c *serveCmd) check(settings *session.Settings) error {
	switch {
	case c.Container && c.Format != "":
		return usageError{"--container and --format exclude each other", ""}
	case c.Container && c.args != nil:
		return usageError{"--container prints flags, and takes no program: start the container yourself", "awsexec serve [-p NAME] --container"}
	}
	if c.Format == "" {
		c.Format = processfmt.Env
		if runtime.GOOS == "windows" {
			c.Format = processfmt.PowerShell
		}
	}
	switch {
	case !c.Format.Valid() || c.Format == processfmt.Process:
		return usageError{fmt.Sprintf("invalid format %q: must be one of env, env-no-export, fish, powershell and windows-cmd", string(c.Format)), ""}
	case settings.NoSession:
		return usageError{"serve gives short-lived credentials only: it does not take --no-session", "awsexec [-p NAME] --no-session -- CMD"}
	}
	return nil
}

// programs returns those that get the credentials: the child. Nobody knows who asks at
// an address that is printed.
func (c *serveCmd) programs(to caller.Program) func() []caller.Program {
	if c.args == nil {
		return func() []caller.Program { return nil }
	}
	return onlyProgram(to)
}

// served returns the profiles to be served, the default one first.
func served(ctx context.Context, sess *session.Session, given *flags) ([]*profile.Profile, error) {
	names := given.Profile
	if len(names) == 0 {
		p, err := sess.Selected(ctx)
		return []*profile.Profile{p}, err
	}
	var profiles []*profile.Profile
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		p, err := sess.Profile(ctx, name)
		if err != nil {
			return nil, err
		}
		profiles = append(profiles, p)
	}
	return profiles, nil
}

// listen opens the port. It takes an address that other machines may reach only
// with --allow-remote.
func (c *serveCmd) listen(out *ui) (net.Listener, error) {
	address, err := net.ResolveTCPAddr("tcp", c.Listen)
	if err != nil {
		return nil, usageError{fmt.Sprintf("invalid --listen %q: %v", c.Listen, err), "awsexec serve --listen 127.0.0.1:0"}
	}
	if !address.IP.IsLoopback() {
		if !c.AllowRemote {
			return nil, usageError{fmt.Sprintf("--listen %s: other machines may reach that address", c.Listen),
				"if they are meant to, add --allow-remote; otherwise --listen 127.0.0.1:0"}
		}
		out.Warn(fmt.Errorf("whoever can reach %s and knows the token gets credentials, over a connection that is not encrypted", address))
	}
	network := "tcp"
	if address.IP.To4() != nil {
		network = "tcp4" // 0.0.0.0 would mean all IPv6 addresses too
	}
	return net.ListenTCP(network, address)
}
