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
func renewingEnviron(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor, given *flags, p *profile.Profile) ([]string, error) {
	if err := checkRenewable(ctx, settings, sess, out, adv, p); err != nil {
		return nil, err
	}
	renewal, err := renewal(ctx, settings, sess, out, given, p)
	if err != nil {
		return nil, err
	}
	if _, err := sess.Credentials(ctx, p, execLimit); err != nil {
		return nil, err
	}
	return exec.EnvironRenewing(settings.Environ, renewal), nil
}

// checkRenewable finds out whether the awsexec that the child's SDK will call
// can do what we can.
func checkRenewable(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor, p *profile.Profile) error {
	plan, err := sess.Plan(ctx, p, false)
	if err != nil {
		return err
	}
	longTerm, err := renew.Check(plan)
	if err != nil || !longTerm {
		return err
	}
	keys, err := sess.Keys()
	if err != nil || keys.Kind() != keystore.KindFile { // a key that is not in there
		return nil
	}
	asks, err := renew.CheckOpen(ctx, keys, p.Name, settings.Env("AWSEXEC_PASSPHRASE") != "")
	if asks {
		out.warn(fmt.Errorf("--refresh: each renewal will ask for the passphrase of %s", keys), hintOfPassphrase(adv, p.Name))
	}
	return err
}

// renewal leads to p by way of our own credential_process, and nothing else, in
// every SDK.
func renewal(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, given *flags, p *profile.Profile) (exec.Renewal, error) {
	dir, err := settings.CacheDir()
	if err != nil {
		return exec.Renewal{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, printLimit, session.ErrTooLong)
	defer cancel()
	request := renew.Request{
		Profile: p.Name,
		Region:  sess.Region(p),
		Environ: settings.Environ,
		Env:     settings.Env,
		Flags:   lastingFlags(given),
		Own:     settings.Files,
		SDK:     settings.SDKFiles,
		Dir:     filepath.Join(dir, "refresh"),
		Self:    settings.Self,
		Command: func(name string, flags ...string) string { return processCommand(settings.Self, name, flags...) },
		Now:     settings.Now(),
	}
	way, lost, err := request.Lead(ctx)
	for _, client := range lost {
		out.warn(fmt.Errorf("%s finds no credentials in profile %q: %s", client.Client, p.Name, client.Why), "")
	}
	return way, err
}

// lastingFlags are those of our flags that shape the credentials.
func lastingFlags(given *flags) []string {
	var flags []string
	for _, f := range [][2]string{{"--duration", given.Duration}, {"--region", given.Region}, {"--keystore", given.Keystore}} {
		if f[1] != "" {
			flags = append(flags, f[0], f[1])
		}
	}
	if given.NoPrompt {
		flags = append(flags, "--no-prompt")
	}
	return flags
}
