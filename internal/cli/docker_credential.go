package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/registry"
	"github.com/awsexec/awsexec/internal/session"
)

// dockerCredentialCmd is a credential helper of Docker, Podman and others for the
// registries of ECR. It takes nothing to keep: passwords are made when they are asked
// for, and live as long as the session.
type dockerCredentialCmd struct {
	Action string `arg:"" help:"get, list, store, erase or version, as Docker calls it."`
}

// dockerHelper is the name under which Docker runs awsexec: a link to it.
const dockerHelper = "docker-credential-awsexec"

// helperArgs returns the arguments of a call by that name as those of awsexec.
func helperArgs(args []string) []string {
	if len(args) > 0 && strings.TrimSuffix(filepath.Base(args[0]), ".exe") == dockerHelper {
		if len(args) == 2 && slices.Contains([]string{"--version", "-v"}, args[1]) { // of Docker's own helpers
			args = []string{args[0], "version"}
		}
		return slices.Concat(args[:1], []string{"docker-credential"}, args[1:])
	}
	return args
}

// What the protocol of Docker's helpers has for a server that a helper has nothing for.
// Source: github.com/docker/docker-credential-helpers.
const (
	notFoundText = "credentials not found in native keychain"
	exitHelper   = 1
)

func (c *dockerCredentialCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, stdin io.Reader, gate *gate) error {
	switch c.Action {
	case "get":
		return c.get(ctx, settings, sess, out, stdin, gate)
	case "list":
		registries, err := listedRegistries(sess)
		if err != nil {
			return err
		}
		users := map[string]string{}
		for host := range registries {
			users["https://"+host] = registryUser
		}
		return out.printJSONLine(users)
	case "version":
		_, err := io.WriteString(out.out, dockerHelper+" "+settings.Version+"\n")
		return err
	case "store", "erase":
		// Docker shows what a helper prints.
		return c.refuse(out, "awsexec makes the passwords of ECR when they are needed: there is nothing to "+c.Action)
	}
	return usageError{fmt.Sprintf("unknown action %q: must be get, list, store, erase or version", c.Action), ""}
}

// refuse answers Docker in the way of its protocol.
func (c *dockerCredentialCmd) refuse(out *ui, text string) error {
	if _, err := io.WriteString(out.out, text+"\n"); err != nil {
		return err
	}
	return childExit(exitHelper)
}

// registryUser is the user of every registry of ECR.
const registryUser = "AWS"

// registryLogin is the answer to Docker.
type registryLogin struct{ ServerURL, Username, Secret string }

// maxServer is how long a server may be that Docker asks for.
const maxServer = 4 << 10

func (c *dockerCredentialCmd) get(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, stdin io.Reader, gate *gate) error {
	line, err := bufio.NewReader(io.LimitReader(stdin, maxServer)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the server from standard input: %w", err)
	}
	server := strings.TrimSpace(line)
	found, ok := registry.Parse(server)
	if !ok {
		return c.refuse(out, notFoundText)
	}
	if settings.Profile == "" {
		registries, err := listedRegistries(sess)
		if err != nil {
			return err
		}
		settings.Profile = registries[found.Host] // "" leaves it to the environment
	}
	credentials, err := gate.open(ctx, printLimit)
	if err != nil {
		return err
	}
	client, err := sess.Client(credentials.Profile)
	if err != nil {
		return err
	}
	endpoint := profile.ECREndpoint(settings.Env, credentials.Profile, found.Public)
	password := provider.Derived{Operation: "GetAuthorizationToken", Endpoint: cmp.Or(endpoint, found.API), Region: found.Region}
	password.Issue = func(ctx context.Context) (aws.Credentials, error) {
		defer out.Waiting("for Amazon ECR")()
		made, err := client.RegistryPassword(ctx, credentials.Credentials, found, endpoint)
		return aws.Credentials{AccessKeyID: made.User, SecretAccessKey: made.Password, CanExpire: true, Expires: made.Expires}, err
	}
	login, err := password.Retrieve(ctx, credentials.From, credentials.Credentials)
	if err != nil {
		return err
	}
	if err := gate.pass(ctx, logbook.Docker, caller.Find(), credentials, printLimit); err != nil {
		return err
	}
	return out.printJSONLine(registryLogin{server, login.AccessKeyID, login.SecretAccessKey})
}

// registryError reports a registry that two profiles name.
type registryError struct{ Host, One, Other string }

func (e *registryError) Error() string {
	return fmt.Sprintf("both profile %q and profile %q name the registry %s in awsexec_registries", e.One, e.Other, e.Host)
}

// listedRegistries returns the profiles that name registries, by these.
func listedRegistries(sess *session.Session) (map[string]string, error) {
	config, err := sess.Config()
	if err != nil {
		return nil, err
	}
	registries := map[string]string{}
	for _, name := range config.Names() {
		settings, _ := config.Lookup(name)
		for host := range strings.SplitSeq(settings[profile.RegistriesKey].Text, ",") {
			found, ok := registry.Parse(strings.TrimSpace(host))
			if !ok {
				continue // a call for the profile says so
			}
			if other := registries[found.Host]; other != "" {
				return nil, &registryError{found.Host, other, name}
			}
			registries[found.Host] = name
		}
	}
	return registries, nil
}
