package cli

import (
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/awsexec/awsexec/internal/renew"
	"github.com/awsexec/awsexec/internal/session"
)

// inContainer is where a container has the files of its endpoint.
const inContainer = "/run/awsexec"

// containerNetwork is the network of docs/serve.md for containers without that of the
// host.
const containerNetwork = "awsexec"

// printFlags prints the flags with which docker and podman start a container that gets
// its credentials here. Its files, with the token, are there until remove is called.
func (s *service) printFlags(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) (remove func(), err error) {
	config, err := sess.Config()
	if err != nil {
		return nil, err
	}
	if err := s.narrow(ctx, sess); err != nil {
		return nil, err
	}
	files, remove, err := renew.ServedFiles(ctx, os.TempDir(), settings.Files, config, s.endpoint.Profile, s.endpoint.Token, true, settings.Now())
	if err != nil {
		return nil, err
	}
	there := func(file string) string { return path.Join(inContainer, filepath.Base(file)) }
	endpoint := s.endpoint
	endpoint.TokenFile, endpoint.ConfigFile, endpoint.CredentialsFile = there(files.Token), there(files.AWS.Config), there(files.AWS.Credentials)
	network := containerNetwork
	if at, err := url.Parse(endpoint.URL); err == nil && net.ParseIP(at.Hostname()).IsLoopback() {
		network = "host"
	}
	flags := []string{"--network", network, "--volume", filepath.Dir(files.Token) + ":" + inContainer + ":ro"}
	set, _ := endpoint.Elsewhere()
	for _, kv := range set {
		flags = append(flags, "--env", kv[0]+"="+kv[1])
	}
	for i := range flags {
		flags[i] = quoteWord(flags[i])
	}
	if _, err := io.WriteString(out.out, strings.Join(flags, " ")+"\n"); err != nil {
		remove()
		return nil, err
	}
	return remove, nil
}
