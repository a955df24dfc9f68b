// Package renew lets a program's SDK get credentials again and again for as
// long as the program runs: by a profile whose credential_process is awsexec
// (--refresh), or from the endpoint of awsexec serve, with AWS files that have
// nothing else in them.
package renew

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
	"time"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// Request describes a program that gets its credentials from a profile by calling
// awsexec.
type Request struct {
	Profile string
	Region  string   // that all profiles of the program have; "" leaves it to the profiles
	Environ []string // NAME=value, of which the program's environment is made
	Env     func(name string) string
	Flags   []string // of awsexec that shape the credentials: every renewal has them, and other profiles do not

	OwnRegion string // that this profile alone has, in place of that in the files; "" for that

	Own profile.Files // the user's own AWS files
	SDK profile.Files // those that SDKs read here: others than Own inside a program that awsexec --refresh has started
	Dir string        // where private copies of them are kept

	Self    string // absolute path of awsexec
	Command func(profile string, flags ...string) string
	Now     time.Time
}

// AstrayError means that a client would use other credentials, whatever awsexec
// does.
type AstrayError struct {
	Profile string
	Result  explain.Result
}

func (e *AstrayError) Error() string {
	return fmt.Sprintf("--refresh: %s would still use %s for profile %q: %s", e.Result.Client, e.Result.Kind, e.Profile, e.Result.Why)
}

// Lead returns what leads every SDK to the profile by way of awsexec, and nothing
// else: the user's own AWS files if they do that, otherwise private copies that it
// writes. The copies hold a region of the profile's own. Lost are the clients that find no credentials that way, for example
// because they cannot read the name of the profile.
func (r *Request) Lead(ctx context.Context) (way exec.Renewal, lost []explain.Result, err error) {
	way = r.by(r.Own)
	command := r.Command(r.Profile, r.Flags...)
	if r.OwnRegion == "" && len(r.astray(way, r.Own, command)) == 0 {
		return way, nil, nil
	}
	files, err := r.copies(ctx, command)
	if err != nil {
		return exec.Renewal{}, nil, fmt.Errorf("--refresh: %w", err)
	}
	way = r.by(files)
	for _, result := range r.astray(way, files, command) {
		switch result.Kind {
		case explain.Fails, explain.None, explain.Instance:
			lost = append(lost, result)
		default:
			return exec.Renewal{}, nil, &AstrayError{r.Profile, result}
		}
	}
	return way, lost, nil
}

// copies writes private copies of the user's AWS files, in which the profile
// gets its credentials from command.
func (r *Request) copies(ctx context.Context, command string) (profile.Files, error) {
	config, err := readIfThere(r.Own.Config)
	if err != nil {
		return profile.Files{}, err
	}
	credentials, err := readIfThere(r.Own.Credentials)
	if err != nil {
		return profile.Files{}, err
	}
	// Other profiles with plaintext keys keep them, by way of us: no session,
	// since a role of more than an hour may rest on them.
	other := func(name string) string { return r.Command(name, "--no-session") }
	made, err := awsfiles.Redirect(r.Own, config, credentials, r.Profile, awsfiles.Lead{Command: command, Region: r.OwnRegion}, other)
	if err != nil {
		return profile.Files{}, err
	}
	files, err := awsfiles.WriteCopies(ctx, r.Dir, r.Own, made, r.Now)
	if err != nil {
		return profile.Files{}, fmt.Errorf("AWS files for the program: %w", err)
	}
	return files, nil
}

// by returns what leads to the profile by way of files. It leaves a variable alone
// that leads every SDK to the right file already: not every SDK expands a path in
// a variable.
func (r *Request) by(files profile.Files) exec.Renewal {
	unless := func(variable, current, file string) string {
		if written := r.Env(variable); file == current && (written == "" || written == file) {
			return ""
		}
		return file
	}
	return exec.Renewal{
		Profile:         r.Profile,
		ConfigFile:      unless("AWS_CONFIG_FILE", r.SDK.Config, files.Config),
		CredentialsFile: unless("AWS_SHARED_CREDENTIALS_FILE", r.SDK.Credentials, files.Credentials),
		Region:          r.Region,
	}
}

// astray returns the clients that would not run command with the environment of
// way and these files.
func (r *Request) astray(way exec.Renewal, files profile.Files, command string) []explain.Result {
	vars := map[string]string{}
	for _, kv := range exec.EnvironRenewing(r.Environ, way) {
		name, value, _ := strings.Cut(kv, "=")
		vars[name] = value
	}
	lookup := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	in := explain.Input{Contents: explain.Read(files, nil), Lookup: lookup, Now: func() time.Time { return r.Now }}
	return slices.DeleteFunc(explain.All(in), func(result explain.Result) bool {
		return result.Client == explain.JSv2 || result.Kind == explain.Process && r.same(result.Process, command)
	})
}

// same reports whether a credential_process is command, perhaps by another path
// of this same program.
func (r *Request) same(process, command string) bool {
	if process == command {
		return true
	}
	program, ok := strings.CutSuffix(process, strings.TrimPrefix(command, profile.ProcessCommand(runtime.GOOS, r.Self)))
	if !ok || !filepath.IsAbs(program) {
		return false
	}
	theirs, err := os.Stat(program) // one that must be quoted is not found
	if err != nil {
		return false
	}
	ours, err := os.Stat(r.Self)
	return err == nil && os.SameFile(theirs, ours)
}

// readIfThere returns the content of a file, nil if it does not exist.
func readIfThere(path string) ([]byte, error) {
	data, err := readfile.Read(path, readfile.MaxAWS)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}
