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

// renewingEnviron returns the environment of a child that gets the credentials of
// p by calling awsexec, for as long as it runs: no keys, but AWS_PROFILE and, if
// the user's own files do not lead every SDK to awsexec, a private pair of AWS
// files that do.
//
// It makes the first credentials now, so that whatever must be asked is asked at
// the start, and hands them to pass.
func renewingEnviron(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, given *flags, p *profile.Profile, pass func(session.Given) error) ([]string, error) {
	asks, err := checkRenewable(ctx, settings, sess, p)
	if asks {
		out.Warn(&passphraseWarning{store: sess.Opened().String(), profile: p.Name, canHold: settings.CanHold()})
	}
	if err != nil {
		return nil, err
	}
	region, _ := sess.Variables(p)
	request, err := renewRequest(settings, given, p, region)
	if err != nil {
		return nil, err
	}
	renewal, err := lead(ctx, out, request)
	if err != nil {
		return nil, err
	}
	first, err := sess.Credentials(ctx, p, execLimit)
	if err != nil {
		return nil, err
	}
	if err := pass(first); err != nil {
		return nil, err
	}
	renewal.Narrowing = session.NarrowingVariables(first.Policies)
	return exec.EnvironRenewing(settings.Environ, renewal), nil
}

// checkRenewable returns an error if the awsexec that the SDK of a child calls
// could not do what this one can. Asks says that each renewal needs a passphrase.
func checkRenewable(ctx context.Context, settings *session.Settings, sess *session.Session, p *profile.Profile) (asks bool, err error) {
	plan, err := sess.Plan(ctx, p, false)
	if err != nil {
		return false, err
	}
	longTerm, err := renew.Check(plan)
	if err != nil || !longTerm {
		return false, err
	}
	keys, err := sess.Keys()
	if err != nil || keys.Kind() != keystore.KindFile { // the key comes from elsewhere
		return false, nil
	}
	return renew.CheckOpen(ctx, keys, p.Name, settings.Env("AWSEXEC_PASSPHRASE") != "")
}

// passphraseWarning warns of renewals that each ask for a passphrase.
type passphraseWarning struct {
	store, profile string
	canHold        bool // unlock can keep the store open
}

func (w *passphraseWarning) Error() string {
	return "--refresh: each renewal will ask for the passphrase of " + w.store
}

// renewRequest returns what leads every SDK to p by way of awsexec, and nothing else.
// Region is what the user chose for all profiles.
func renewRequest(settings *session.Settings, given *flags, p *profile.Profile, region string) (renew.Request, error) {
	dir, err := settings.CacheDir()
	own := given.Region
	if own == p.Region {
		own = ""
	}
	return renew.Request{
		Profile: p.Name,
		Region:  region,

		OwnRegion: own,

		Environ: settings.Environ,
		Env:     settings.Env,
		Flags:   lastingFlags(settings, given),
		Own:     settings.Files,
		SDK:     settings.SDKFiles,
		Dir:     filepath.Join(dir, "refresh"),
		Self:    settings.Self,
		Command: func(name string, flags ...string) string { return processCommand(settings.Self, name, flags...) },
		Now:     settings.Now(),
	}, err
}

// lead prepares what request asks for, and warns of SDKs that it cannot serve.
func lead(ctx context.Context, out *ui, request renew.Request) (exec.Renewal, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, printLimit, session.ErrTooLong)
	defer cancel()
	renewal, lost, err := request.Lead(ctx)
	for _, client := range lost {
		out.Warn(fmt.Errorf("%s finds no credentials in profile %q: %s", client.Client, request.Profile, client.Why))
	}
	return renewal, err
}

// lastingFlags returns the flags of awsexec that shape the credentials.
func lastingFlags(settings *session.Settings, given *flags) []string {
	var flags []string
	for _, f := range [][2]string{{"--duration", given.Duration}, {"--region", given.Region}, {"--keystore", given.Keystore}} {
		if f[1] != "" {
			flags = append(flags, f[0], f[1])
		}
	}
	flags = append(flags, narrowingFlags(settings.Policies)...)
	if given.NoPrompt {
		flags = append(flags, "--no-prompt")
	}
	return flags
}
