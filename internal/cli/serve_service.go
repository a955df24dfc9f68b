package cli

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/renew"
	"github.com/awsexec/awsexec/internal/server"
	"github.com/awsexec/awsexec/internal/session"
)

// service is a server of profiles at an address.
type service struct {
	*server.Server
	listener net.Listener
	profiles []*profile.Profile // the default one first
	endpoint exec.Endpoint      // of the default profile
}

// newService returns the service of profiles that config leaves open: clients
// reach it at the address of l or under one of hosts, and get credentials of
// sess. Got is called each time that it has tried to get them, and may refuse to serve
// them.
func newService(l net.Listener, profiles []*profile.Profile, hosts []string, config server.Config, sess *session.Session,
	got func(ctx context.Context, c session.Given, err error) error) *service {
	config.Hosts = append(hosts, base(l).Hostname())
	for _, p := range profiles {
		config.Profiles = append(config.Profiles, server.Profile{Name: p.Name, Source: func(ctx context.Context) (server.Credentials, error) {
			c, err := sess.Credentials(ctx, p, execLimit)
			c.Profile = p
			err = got(ctx, c, err)
			return server.Credentials{Credentials: c.Credentials, Current: c.Current}, err
		}})
	}
	s := &service{Server: server.New(config), listener: l, profiles: profiles}
	region, variables := sess.Variables(profiles[0])
	s.endpoint = exec.Endpoint{
		URL:      s.address(0),
		Token:    s.Token(),
		Region:   region,
		Profile:  profiles[0].Name,
		Settings: variables,
	}
	return s
}

// narrow has the endpoint say what its credentials are narrowed to.
func (s *service) narrow(ctx context.Context, sess *session.Session) error {
	plan, err := sess.Plan(ctx, s.profiles[0], false)
	if err != nil {
		return err
	}
	policies, err := sess.Narrowing(plan, s.profiles[0])
	if err != nil {
		return err
	}
	s.endpoint.Narrowing = session.NarrowingVariables(policies)
	return nil
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

// address returns the URL of the profile with this index.
func (s *service) address(i int) string {
	path := "/"
	if i > 0 {
		path = server.Path(s.profiles[i].Name)
	}
	return base(s.listener).String() + path
}

// start begins to serve. The channel gets the error that ends that.
func (s *service) start() <-chan error {
	ended := make(chan error, 1)
	fault.Go(func() { ended <- s.Serve(s.listener) })
	return ended
}

// serveChild serves child until that ends. The child gets the terminal, and the
// signals that the terminal sends, too. It may live on after those, so that they
// do not end awsexec.
func (s *service) serveChild(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, child *exec.Cmd) error {
	config, err := sess.Config()
	if err != nil {
		return err
	}
	files, remove, err := renew.ServedFiles(ctx, os.TempDir(), settings.Files, config, s.endpoint.Profile, s.endpoint.Token, false, settings.Now())
	if err != nil {
		return err
	}
	defer remove()
	if err := s.narrow(ctx, sess); err != nil {
		return err
	}
	endpoint := s.endpoint
	endpoint.ConfigFile, endpoint.CredentialsFile, endpoint.TokenFile = files.AWS.Config, files.AWS.Credentials, files.Token
	child.Env = exec.EnvironOf(settings.Environ, endpoint)

	sess.Person.LeaveTerminal()
	out.leaveTerminal()
	fault.Go(func() {
		if err := s.Serve(s.listener); err != nil {
			out.Warn(fmt.Errorf("credentials are no longer served: %w", err))
		}
	})
	out.Debug("running %s with credentials at %s", child.Path, endpoint.URL)
	return runChild(ctx, child)
}
