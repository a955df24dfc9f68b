package cli

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"runtime"
	"slices"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/renew"
	"github.com/awsexec/awsexec/internal/server"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/processfmt"
)

// serveCmd serves credentials as containers get them, to a program that it starts
// or to programs that the user gives the address and the token.
type serveCmd struct {
	Listen      string            `default:"127.0.0.1:0" placeholder:"ADDRESS" help:"Listen on ADDRESS:PORT; port 0 is any free port (default: 127.0.0.1:0)."`
	AllowRemote bool              `help:"Allow an address that other machines or containers may reach. The connection is not encrypted."`
	AllowHost   []string          `sep:"none" placeholder:"NAME" help:"Accept requests for this host name too. May be repeated."`
	Format      processfmt.Format `placeholder:"FORMAT" help:"Set the format of the variables that are printed without CMD: env, env-no-export, fish, powershell or windows-cmd."`

	args []string // of the program to start; nil for none
}

func (c *serveCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor, given *flags) error {
	if err := c.check(settings); err != nil {
		return err
	}
	program := ""
	if c.args != nil {
		var err error
		if program, err = exec.LookPath(c.args[0], settings.Env("PATH")); err != nil {
			return childError{err}
		}
	}
	profiles, err := served(ctx, settings, sess, given)
	if err != nil {
		return err
	}
	listener, err := c.listen(out)
	if err != nil {
		return err
	}
	defer listener.Close()
	s := newServer(settings, sess, out, adv, profiles, append(c.AllowHost, base(listener).Hostname()))
	defer s.Close()
	for _, p := range profiles {
		if err := s.Fetch(ctx, p.Name); err != nil {
			return err
		}
	}
	sess.Person.ServePrograms()
	first := profiles[0]
	endpoint := exec.Endpoint{
		URL:     base(listener).String() + "/",
		Token:   s.Token(),
		Region:  sess.Region(first),
		Profile: first.Name,
	}
	if c.args == nil {
		return c.serve(ctx, out, s, listener, endpoint, profiles)
	}
	return serveChild(ctx, settings, sess, out, program, c.args, s, listener, endpoint)
}

// check refuses what cannot be served or printed.
func (c *serveCmd) check(settings *session.Settings) error {
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

// served returns the profiles to be served, the default one first.
func served(ctx context.Context, settings *session.Settings, sess *session.Session, given *flags) ([]*profile.Profile, error) {
	names := slices.DeleteFunc(slices.Clone(given.Profile), func(name string) bool { return name == "" })
	if len(names) == 0 {
		names = []string{profile.Name("", settings.Env)}
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
		out.warn(fmt.Errorf("whoever can reach %s and knows the token gets credentials, over a connection that is not encrypted", address), "")
	}
	network := "tcp"
	if address.IP.To4() != nil {
		network = "tcp4" // 0.0.0.0 would mean all IPv6 addresses too
	}
	return net.ListenTCP(network, address)
}

// base returns the URL of l, without a path. If l listens on all addresses, it is
// the URL of the loopback address.
func base(l net.Listener) *url.URL {
	address := *l.Addr().(*net.TCPAddr)
	if address.IP.IsUnspecified() {
		address.IP = net.IPv4(127, 0, 0, 1)
	}
	return &url.URL{Scheme: "http", Host: address.String()}
}

// newServer returns a server of profiles that may be reached under the given hosts.
func newServer(settings *session.Settings, sess *session.Session, out *ui, adv *advisor, profiles []*profile.Profile, hosts []string) *server.Server {
	config := server.Config{
		Hosts:   hosts,
		Now:     settings.Now,
		Lasting: renew.Lasting,
		Warn: func(name string, err error) {
			out.warn(fmt.Errorf("profile %q: its credentials could not be renewed: %w", name, err), hintFor(err, adv, name))
		},
	}
	for _, p := range profiles {
		config.Profiles = append(config.Profiles, server.Profile{Name: p.Name, Source: func(ctx context.Context) (server.Credentials, error) {
			c, err := sess.Credentials(ctx, p, execLimit)
			return server.Credentials{Credentials: c.Credentials, Current: c.Current}, err
		}})
	}
	return server.New(config)
}

// serve serves until a signal ends it, which is not a failure.
func (c *serveCmd) serve(ctx context.Context, out *ui, s *server.Server, l net.Listener, e exec.Endpoint, profiles []*profile.Profile) error {
	ended := make(chan error, 1)
	fault.Go(func() { ended <- s.Serve(l) })
	for i, p := range profiles {
		at := e.URL
		if i > 0 {
			at = base(l).String() + server.Path(p.Name)
		}
		out.note("profile %q is served at %s", p.Name, at)
	}
	if err := processfmt.ExportVariables(out.out, c.Format, e.Variables()); err != nil {
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// serveChild serves a child until that ends. The child gets the terminal, and the
// signals that the terminal sends, too. It may live on after those, so that they
// do not end awsexec.
func serveChild(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, program string, args []string, s *server.Server, l net.Listener, e exec.Endpoint) error {
	config, err := sess.Config()
	if err != nil {
		return err
	}
	files, remove, err := renew.ServedFiles(ctx, os.TempDir(), settings.Files, config, e.Profile, settings.Now())
	if err != nil {
		return err
	}
	defer remove()
	e.ConfigFile, e.CredentialsFile = files.Config, files.Credentials

	sess.Person.LeaveTerminal()
	out.terminal = false
	fault.Go(func() {
		if err := s.Serve(l); err != nil {
			out.warn(fmt.Errorf("credentials are not served any more: %w", err), "")
		}
	})
	out.Debug("running %s with credentials at %s", program, e.URL)
	return runChild(ctx, &exec.Cmd{Path: program, Args: args, Env: exec.EnvironOf(settings.Environ, e)})
}
