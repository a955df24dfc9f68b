package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/renew"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// renewingEnviron is the environment of a child that gets its credentials from
// p by calling us, for as long as it runs: no keys, but AWS_PROFILE and, where
// the user's own files do not lead every SDK here, a private pair of AWS files
// that do.
//
// The first credentials are made now, so that what must be asked is asked at
// the start.
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

// checkRenewable finds out whether the awsexec that the child's SDK will call
// can do what we can.
func (a *app) checkRenewable(ctx context.Context, p *profile.Profile) error {
	plan, err := a.session.Plan(ctx, p, false)
	if err != nil {
		return err
	}
	longTerm, err := renew.Check(plan)
	if err != nil || !longTerm {
		return err
	}
	keys, err := a.session.Keys()
	if err != nil || keys.Kind() != keystore.KindFile { // a key that is not in there
		return nil
	}
	asks, err := renew.CheckOpen(ctx, keys, p.Name, a.env("AWSEXEC_PASSPHRASE") != "")
	if asks {
		a.ui.Warn(fmt.Errorf("--refresh: each renewal will ask for the passphrase of %s", keys), hintOfPassphrase(a, p.Name))
	}
	return err
}

// renewal leads to p by way of our own credential_process, and nothing else, in
// every SDK.
func (a *app) renewal(ctx context.Context, p *profile.Profile) (exec.Renewal, error) {
	dir, err := a.settings.CacheDir()
	if err != nil {
		return exec.Renewal{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, printLimit, session.ErrTooLong)
	defer cancel()
	request := renew.Request{
		Profile: p.Name,
		Region:  a.session.Region(p),
		Environ: a.environ,
		Env:     a.env,
		Flags:   a.lastingFlags(),
		Own:     a.settings.Files,
		SDK:     a.settings.SDKFiles,
		Dir:     filepath.Join(dir, "refresh"),
		Self:    a.self,
		Command: func(name string, flags ...string) string { return processCommand(a.self, name, flags...) },
		Now:     a.now(),
	}
	way, lost, err := request.Lead(ctx)
	for _, client := range lost {
		a.ui.Warn(fmt.Errorf("%s finds no credentials in profile %q: %s", client.Client, p.Name, client.Why), "")
	}
	return way, err
}

// lastingFlags are those of our flags that shape the credentials.
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
