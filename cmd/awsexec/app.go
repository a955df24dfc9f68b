package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/redirect"
	"github.com/awsexec/awsexec/keystore"
)

// app is what the commands share: the flags joined with the environment, and ways to the parts, each opened when first used.
type app struct {
	deps
	flags
	Profile  string // the one of flags that counts; "" if there is none
	ui       *ui
	args     []string // of the whole command line
	about    string   // the key that the command names; "" if it names none
	vars     map[string]string
	noPrompt bool
	calledBy bool          // a program called us, it seems, not a person
	refresh  bool          // the child is to renew its credentials through us
	duration time.Duration // 0 if nobody asked for one
	hold     time.Duration // how long the kernel may hold the sealing key
	files    profile.Files // the user's own
	sdkFiles profile.Files // what SDKs read here: others than files under awsexec --refresh

	opening sync.Mutex // guards the four below
	config  *profile.Config
	store   *keystore.Store
	cached  *cache.Cache
	given   aws.CredentialsProvider // what gave the last call its credentials

	asking        sync.Mutex // one question at a time at the terminal
	terminalTaken bool       // the terminal is a child's

	backedUp []string // AWS files that a backup was made of
}

func newApp(d deps, u *ui, f *flags) (*app, error) {
	a := &app{deps: d, flags: *f, ui: u, vars: map[string]string{}}
	for _, kv := range d.environ {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			a.vars[variable(name)] = value
		}
	}
	for _, name := range f.Profile {
		a.Profile = cmp.Or(name, a.Profile)
	}
	u.debug = f.Debug
	a.sdkFiles = profile.DefaultFiles(a.env, d.home)

	var err error
	if a.files, err = redirect.Own(a.sdkFiles, d.now()); err != nil {
		return nil, err
	}
	if a.duration, err = parseDuration(f.Duration, "--duration"); err != nil {
		return nil, err
	}
	if f.Duration == "" {
		if a.duration, err = parseDuration(a.env("AWSEXEC_DURATION"), "AWSEXEC_DURATION"); err != nil {
			return nil, err
		}
	}
	if a.hold, err = parseHold(a.env("AWSEXEC_HOLD")); err != nil {
		return nil, err
	}
	if a.noPrompt, err = truth(a.env("AWSEXEC_NO_PROMPT"), "AWSEXEC_NO_PROMPT"); err != nil {
		return nil, err
	}
	a.noPrompt = a.noPrompt || f.NoPrompt
	if a.refresh, err = truth(a.env("AWSEXEC_REFRESH"), "AWSEXEC_REFRESH"); err != nil {
		return nil, err
	}
	if f.Refresh && f.NoSession {
		return nil, usageError{"--refresh and --no-session exclude each other: long-term keys do not expire", ""}
	}
	a.refresh = f.Refresh || a.refresh && !f.NoSession
	return a, nil
}

// env looks a variable up.
func (a *app) env(name string) string { return a.vars[variable(name)] }

// variable is the name by which a variable is known. On Windows it does not tell case, and SDKs find aws_profile there.
func variable(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// parseDuration reads a whole number of seconds, or a Go duration that is one. Empty is 0.
func parseDuration(s, where string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if n, numErr := strconv.ParseInt(s, 10, 32); numErr == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d <= 0 || d%time.Second != 0 {
		return 0, usageError{fmt.Sprintf("%s %q is no duration", where, s), "write it as 1h30m, or in seconds"}
	}
	return d, nil
}

// How long the kernel holds the sealing key of cached sessions, once it was read: by default, and at most.
const (
	defaultHold = 15 * time.Minute
	longestHold = 24 * time.Hour
)

// parseHold reads AWSEXEC_HOLD: a duration as parseDuration takes it, 0 or "off".
func parseHold(s string) (time.Duration, error) {
	switch s {
	case "":
		return defaultHold, nil
	case "0", "off":
		return 0, nil
	}
	d, err := parseDuration(s, "AWSEXEC_HOLD")
	if err == nil && d > longestHold {
		err = usageError{fmt.Sprintf("AWSEXEC_HOLD %q is more than %d hours", s, int(longestHold.Hours())), "0 or off switches it off"}
	}
	return d, err
}

// truth reads a boolean variable; empty is false.
func truth(s, where string) (bool, error) {
	if s == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, usageError{fmt.Sprintf("%s %q is neither true nor false", where, s), "write 1 or 0"}
	}
	return b, nil
}

// keys opens the keystore that the user chose.
func (a *app) keys() (*keystore.Store, error) {
	a.opening.Lock()
	defer a.opening.Unlock()
	if a.store != nil {
		return a.store, nil
	}
	kind, err := a.keystoreKind()
	if err != nil {
		return nil, err
	}
	o, err := a.keystoreOptions()
	if err != nil {
		return nil, err
	}
	a.store, err = keystore.Open(kind, o)
	return a.store, err
}

// keystoreKind is the kind of keystore that the user chose.
func (a *app) keystoreKind() (keystore.Kind, error) {
	switch kind := keystore.Kind(cmp.Or(a.Keystore, a.env("AWSEXEC_KEYSTORE"))); kind {
	case "":
		return keystore.KindAuto, nil
	case keystore.KindAuto, keystore.KindKeyring, keystore.KindFile:
		return kind, nil
	default:
		return "", usageError{fmt.Sprintf("keystore %q must be auto, keyring or file", string(kind)), ""}
	}
}

func (a *app) keystoreOptions() (keystore.Options, error) {
	dir, err := a.dataDir()
	return keystore.Options{
		Dir: dir, Env: a.env, Passphrase: a.passphrase, NoPrompt: a.noPrompt, Hold: a.hold, Debug: a.ui.Debug, WorkFactor: a.workFactor,
	}, err
}

// sessions is the session cache, sealed by a key of the keystore.
func (a *app) sessions() (*cache.Cache, error) {
	a.opening.Lock()
	defer a.opening.Unlock()
	if a.cached != nil {
		return a.cached, nil
	}
	dir, err := a.cacheDir()
	if err != nil {
		return nil, err
	}
	a.cached = cache.New(dir, func(ctx context.Context, again bool) ([32]byte, error) {
		keys, err := a.keys()
		if err != nil {
			return [32]byte{}, err
		}
		defer a.waitForKeys()()
		if again {
			return keys.KeptSealingKey(ctx)
		}
		return keys.SealingKey(ctx)
	})
	return a.cached, nil
}

// awsFiles reads the AWS files.
func (a *app) awsFiles() (*profile.Config, error) {
	a.opening.Lock()
	defer a.opening.Unlock()
	if a.config == nil {
		var err error
		if a.config, err = profile.ReadFiles(a.files); err != nil {
			return nil, err
		}
	}
	return a.config, nil
}

// profile resolves the profile called name. One that is in no AWS file still exists if the keystore has a key of that name, be it a source
// profile, and default always does.
func (a *app) profile(ctx context.Context, name string) (*profile.Profile, error) {
	config, err := a.awsFiles()
	if err != nil {
		return nil, err
	}
	for {
		p, err := config.Profile(name)
		var missing *profile.NotFoundError
		if !errors.As(err, &missing) {
			return p, err
		}
		keys, keysErr := a.keys()
		if keysErr != nil {
			a.ui.Debug("keystore: %v", keysErr)
			return nil, err
		}
		switch _, keyErr := keys.KeyID(ctx, missing.Name); {
		case keyErr == nil:
			config = config.With(missing.Name)
		case errors.Is(keyErr, keystore.ErrNotFound):
			return nil, a.near(ctx, name, config, keys)
		case errors.Is(keyErr, keystore.ErrUnavailable) && missing.Name != name: // the files alone are wrong
			return nil, err
		default:
			return nil, keyErr
		}
	}
}

// near is the error for a profile that is nowhere; it names the nearest ones, those that only the keystore has included.
func (a *app) near(ctx context.Context, name string, config *profile.Config, keys *keystore.Store) error {
	entries, err := keys.List(ctx)
	if err != nil {
		a.ui.Debug("keystore: %v", err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	_, err = config.With(names...).Profile(name)
	return err
}

// client is how AWS is reached for p.
func (a *app) client(p *profile.Profile) (awsapi.Client, error) {
	fips, err := profile.FIPS(a.env, p)
	if err != nil {
		return awsapi.Client{}, err
	}
	dualStack, err := profile.DualStack(a.env, p)
	if err != nil {
		return awsapi.Client{}, err
	}
	return awsapi.Client{
		Region:      profile.Region(a.Region, a.env, p),
		Endpoint:    profile.STSEndpoint(a.env, p),
		IAMEndpoint: profile.IAMEndpoint(a.env, p),
		CABundle:    profile.CABundle(a.env, p),
		FIPS:        fips,
		DualStack:   dualStack,
		AppID:       "awsexec-" + version,
	}, nil
}

// credentials gets what p leads to, waiting no longer than limit.
func (a *app) credentials(ctx context.Context, p *profile.Profile, limit time.Duration) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTooLong)
	defer cancel()
	options, err := a.options(p)
	if err != nil {
		return aws.Credentials{}, err
	}
	var asked string
	options.TokenCode = noting(options.TokenCode, &asked)
	from, err := provider.New(ctx, p, options)
	var outside *provider.DurationError
	if errors.As(err, &outside) && a.duration != 0 {
		return aws.Credentials{}, usageError{err.Error(), ""}
	}
	if err != nil {
		return aws.Credentials{}, err
	}
	a.opening.Lock() // serve gets those of several profiles at once
	a.given = from
	a.opening.Unlock()
	c, err := from.Retrieve(ctx)
	a.noteAnswer(asked, err)
	return c, err
}

// options are what the providers of p work with.
func (a *app) options(p *profile.Profile) (provider.Options, error) {
	client, err := a.client(p)
	if err != nil {
		return provider.Options{}, err
	}
	sessions, err := a.sessions()
	if err != nil {
		return provider.Options{}, err
	}
	return provider.Options{
		Files:     a.files,
		Env:       a.env,
		Keys:      lazyKeys{a},
		Cache:     sessions,
		Client:    client,
		Now:       a.now,
		Events:    a.ui,
		TokenCode: a.tokenCode(p),
		Self:      func(command string) (string, bool) { return profile.SelfProcess(command, a.self) },
		Resolve:   a.profile,
		Process:   a.process,
		Explicit:  a.Profile != "",
		NoSession: a.NoSession,
		Duration:  a.duration,
		Chain:     a.chain(),
	}, nil
}

// lazyKeys opens the keystore when a key is asked for, so that a machine without one can still use keys from elsewhere.
type lazyKeys struct{ a *app }

func (l lazyKeys) Listed(ctx context.Context, name string) bool {
	keys, err := l.a.keys()
	if err != nil {
		return false
	}
	entries, err := keys.List(ctx)
	i := slices.IndexFunc(entries, func(e keystore.Entry) bool { return e.Name == name })
	if err != nil || i < 0 {
		return false
	}
	if entries[i].AccessKeyID == "" { // left by a change that was interrupted
		_, err = l.KeyID(ctx, name)
	}
	return !errors.Is(err, keystore.ErrNotFound)
}

func (l lazyKeys) KeyID(ctx context.Context, name string) (string, error) {
	keys, err := l.a.keys()
	if err != nil {
		return "", err
	}
	defer l.a.waitForKeys()()
	return keys.KeyID(ctx, name)
}

func (l lazyKeys) Get(ctx context.Context, name string) (aws.Credentials, error) {
	keys, err := l.a.keys()
	if err != nil {
		return aws.Credentials{}, err
	}
	defer l.a.waitForKeys()()
	return keys.Get(ctx, name)
}

// waitForKeys says that the keystore is being waited for, which can be for a person in front of its dialog.
func (a *app) waitForKeys() (done func()) { return a.ui.Waiting("for " + a.store.String()) }

var errTooLong = errors.New("no answer in time")

// dataDir is where what must not be lost is kept, by the XDG Base Directory Specification or the custom of the system.
func (a *app) dataDir() (string, error) {
	switch {
	case filepath.IsAbs(a.env("XDG_DATA_HOME")): // the specification has relative ones ignored
		return filepath.Join(a.env("XDG_DATA_HOME"), "awsexec"), nil
	case runtime.GOOS == "windows":
		return a.under(a.env("LOCALAPPDATA"), "awsexec")
	case runtime.GOOS == "darwin":
		return a.under(a.home, "Library", "Application Support", "awsexec")
	default:
		return a.under(a.home, ".local", "share", "awsexec")
	}
}

// cacheDir is where what can be made again is kept.
func (a *app) cacheDir() (string, error) {
	switch {
	case filepath.IsAbs(a.env("XDG_CACHE_HOME")):
		return filepath.Join(a.env("XDG_CACHE_HOME"), "awsexec"), nil
	case runtime.GOOS == "windows":
		return a.under(a.env("LOCALAPPDATA"), "awsexec", "cache")
	case runtime.GOOS == "darwin":
		return a.under(a.home, "Library", "Caches", "awsexec")
	default:
		return a.under(a.home, ".cache", "awsexec")
	}
}

func (a *app) under(base string, elem ...string) (string, error) {
	if base == "" {
		return "", errors.New("the user's home directory is not known: HOME (on Windows LOCALAPPDATA) is not set")
	}
	return filepath.Join(append([]string{base}, elem...)...), nil
}
