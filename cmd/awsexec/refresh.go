package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/redirect"
	"github.com/awsexec/awsexec/keystore"
)

// renewingEnviron is the environment of a child that gets its credentials from p by calling us, for as long as it runs: no keys, but
// AWS_PROFILE and, where the user's own files do not lead every SDK here, a private pair of AWS files that do.
//
// The first credentials are made now, so that what must be asked is asked at the start.
func (a *app) renewingEnviron(ctx context.Context, p *profile.Profile) ([]string, error) {
	if err := a.checkRenewable(ctx, p); err != nil {
		return nil, err
	}
	renewal, err := a.renewal(ctx, p)
	if err != nil {
		return nil, err
	}
	if _, err := a.credentials(ctx, p, execLimit); err != nil {
		return nil, err
	}
	return exec.EnvironRenewing(a.environ, renewal), nil
}

// renewalError says why a child cannot renew its credentials.
type renewalError struct {
	what   string
	advice string
}

func (e *renewalError) Error() string { return e.what }

// checkRenewable finds out whether the awsexec that the child's SDK will call can do what we can.
func (a *app) checkRenewable(ctx context.Context, p *profile.Profile) error {
	options, err := a.options(p)
	if err != nil {
		return err
	}
	plan, err := provider.Decide(ctx, p, options)
	if err != nil {
		return err
	}
	stored := false
	for step := plan; step != nil; step = step.From {
		switch {
		case step.Kind == provider.EnvironmentKey || step.Kind == provider.EnvironmentSession:
			return &renewalError{fmt.Sprintf("--refresh: the credentials are an %s, which the program does not get", step.Kind),
				"name a profile whose key is stored: awsexec --refresh --profile NAME -- …"}
		case step.Kind == provider.Container, step.Kind == provider.WebIdentity && step.Profile.WebIdentityTokenFile == "":
			return &renewalError{fmt.Sprintf("--refresh: the credentials come from variables (%s) that the program does not get", step.Kind),
				"start it without awsexec: SDKs renew such credentials by themselves"}
		}
		stored = stored || step.LongTerm()
	}
	if keys, err := a.keys(); stored && err == nil && keys.Kind() == keystore.KindFile {
		return a.checkOpen(ctx, keys, p)
	}
	return nil
}

// checkOpen finds out whether the encrypted keystore will be open to the program, which gets no passphrase.
func (a *app) checkOpen(ctx context.Context, keys *keystore.Store, p *profile.Profile) error {
	if _, open := keys.UnlockedUntil(ctx); open {
		return nil
	}
	remedy := fmt.Sprintf("have awsexec stay and renew for the program: awsexec serve --profile %s -- …", quoteWord(p.Name))
	if a.canHold() {
		remedy = "open it for some hours: awsexec unlock --for 8h\nor " + remedy
	}
	if a.env("AWSEXEC_PASSPHRASE") != "" {
		return &renewalError{fmt.Sprintf("--refresh: each renewal opens %s, and the program does not get AWSEXEC_PASSPHRASE", keys), remedy}
	}
	a.ui.Warn(fmt.Errorf("--refresh: each renewal will ask for the passphrase of %s", keys), remedy)
	return nil
}

// renewal leads to p by way of our own credential_process, and nothing else, in every SDK.
func (a *app) renewal(ctx context.Context, p *profile.Profile) (exec.Renewal, error) {
	own := a.files
	r := a.renewalBy(own, p)
	command := processCommand(a.self, p.Name, a.lastingFlags()...)
	if len(a.astray(r, own, command)) == 0 {
		return r, nil
	}
	config, err := readIfThere(own.Config)
	if err != nil {
		return exec.Renewal{}, err
	}
	credentials, err := readIfThere(own.Credentials)
	if err != nil {
		return exec.Renewal{}, err
	}
	// Other profiles with keys in clear keep them, by way of us: no session, since a role of more than an hour may rest on them.
	other := func(name string) string { return processCommand(a.self, name, "--no-session") }
	made, err := profile.Redirect(own, config, credentials, p.Name, command, other)
	if err != nil {
		return exec.Renewal{}, fmt.Errorf("--refresh: %w", err)
	}
	dir, err := a.cacheDir()
	if err != nil {
		return exec.Renewal{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, printLimit, errTooLong)
	defer cancel()
	files, err := redirect.Write(ctx, filepath.Join(dir, "refresh"), own, made, a.now())
	if err != nil {
		return exec.Renewal{}, fmt.Errorf("--refresh: AWS files for the program: %w", err)
	}
	r = a.renewalBy(files, p)
	for _, wrong := range a.astray(r, files, command) {
		switch wrong.Kind {
		case explain.Fails, explain.None, explain.Instance: // it cannot read the name of the profile, say: other programs can
			a.ui.Warn(fmt.Errorf("%s finds no credentials in profile %q: %s", wrong.Client, p.Name, wrong.Why), "")
		default:
			return exec.Renewal{}, &renewalError{fmt.Sprintf("--refresh: %s would still use %s for profile %q: %s", wrong.Client, wrong.Kind, p.Name, wrong.Why),
				fmt.Sprintf("see what is in its way: awsexec doctor --profile %s", quoteWord(p.Name))}
		}
	}
	return r, nil
}

// renewalBy leads to p by way of files. Where the environment leads every SDK to a file already, that is left alone: not every one expands
// a path in a variable.
func (a *app) renewalBy(files profile.Files, p *profile.Profile) exec.Renewal {
	unless := func(variable, current, file string) string {
		if written := a.env(variable); file == current && (written == "" || written == file) {
			return ""
		}
		return file
	}
	return exec.Renewal{
		Profile:         p.Name,
		ConfigFile:      unless("AWS_CONFIG_FILE", a.sdkFiles.Config, files.Config),
		CredentialsFile: unless("AWS_SHARED_CREDENTIALS_FILE", a.sdkFiles.Credentials, files.Credentials),
		Region:          profile.Region(a.Region, a.env, p),
	}
}

// lastingFlags are those of our flags that shape the credentials: every renewal is to have them, and other profiles are not.
func (a *app) lastingFlags() []string {
	var flags []string
	for _, f := range [][2]string{{"--duration", a.Duration}, {"--region", a.Region}, {"--keystore", a.Keystore}} {
		if f[1] != "" {
			flags = append(flags, f[0], f[1])
		}
	}
	if a.NoPrompt {
		flags = append(flags, "--no-prompt")
	}
	return flags
}

// astray are the clients that would not run command with the environment of r and these files.
func (a *app) astray(r exec.Renewal, files profile.Files, command string) []explain.Result {
	vars := map[string]string{}
	for _, kv := range exec.EnvironRenewing(a.environ, r) {
		name, value, _ := strings.Cut(kv, "=")
		vars[name] = value
	}
	lookup := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	return slices.DeleteFunc(explain.All(explain.Input{Files: files, Lookup: lookup}), func(r explain.Result) bool {
		return r.Kind == explain.Process && a.sameCommand(r.Process, command)
	})
}

// sameCommand tells whether a credential_process is command, perhaps by another path of this same program.
func (a *app) sameCommand(process, command string) bool {
	if process == command {
		return true
	}
	program, ok := strings.CutSuffix(process, strings.TrimPrefix(command, profile.ProcessCommand(runtime.GOOS, a.self)))
	if !ok || !filepath.IsAbs(program) {
		return false
	}
	theirs, err := os.Stat(program) // one that must be quoted is not found
	if err != nil {
		return false
	}
	ours, err := os.Stat(a.self)
	return err == nil && os.SameFile(theirs, ours)
}

// readIfThere reads a file; one that does not exist is empty.
func readIfThere(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}
