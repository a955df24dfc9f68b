package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peers compares awsexec to other installed tools that provide credentials.
// None of them can reach AWS.
func peers(ctx context.Context, w *world, r *report) error {
	version := w.awsexec("version")
	ours := warmPrint(w)
	if w.bus == nil {
		ours = ownWork(w)
	}
	for _, p := range []struct {
		name    string
		ready   func(ctx context.Context, w *world, path string) (subject, error) // returns the run to measure
		against subject
		what    string // what both tools do
	}{
		{"aws-vault", awsVault, ours, "a key from the keyring, printed"},
		{"granted", showVersion, version, "its version"},
		{"aws-runas", showVersion, version, "its version"},
		{"aws", awsCLI, ours, "configure export-credentials"},
	} {
		path, s, err := firstReady(ctx, w, p.name, p.ready)
		switch {
		case path == "":
			r.note("%s is not on the PATH: not compared.", p.name)
			continue
		case err != nil:
			r.note("%s is on the PATH and not compared: %v.", p.name, err)
			continue
		}
		s.name = p.name
		both, err := w.compare(ctx, p.against, s)
		if err != nil {
			r.note("%s is on the PATH and not compared: %v.", p.name, err)
			continue
		}
		r.info(p.name+": "+p.what, ms(both[1].median(wall)), spread(both[1]),
			p.against.name+" "+ms(both[0].median(wall)),
			fmt.Sprintf("%.2f ×", float64(both[1].median(wall))/float64(both[0].median(wall))))
	}
	return nil
}

// firstReady tries all programs of that name on the PATH, because a version
// manager's may hide the system's. Path is "" if there is none; the error is
// the last one's.
func firstReady(ctx context.Context, w *world, name string,
	ready func(context.Context, *world, string) (subject, error)) (path string, s subject, err error) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		found, lookErr := exec.LookPath(filepath.Join(dir, name))
		if lookErr != nil {
			continue
		}
		path = found
		if s, err = ready(ctx, w, path); err == nil {
			break
		}
	}
	return path, s, err
}

// awsVault prints a key from the same keyring. It prints the key itself,
// because only some versions can get sessions from the stand-in.
func awsVault(ctx context.Context, w *world, path string) (subject, error) {
	if w.bus == nil {
		return subject{}, w.noKeyring
	}
	s := subject{argv: []string{path, "export", "--no-session", "--format=json", "work"},
		env: w.environ("AWS_VAULT_BACKEND=secret-service", "AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME=login",
			"AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret)}
	add := s
	add.argv = []string{path, "add", "--env", "work"}
	if out, err := add.command(ctx).CombinedOutput(); err != nil {
		return s, fmt.Errorf("add: %w: %s", err, firstLine(out))
	}
	s.env = w.environ("AWS_VAULT_BACKEND=secret-service", "AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME=login")
	return s, nil
}

// showVersion is for tools to which only a person can give a key.
func showVersion(_ context.Context, w *world, path string) (subject, error) {
	return subject{argv: []string{path, "--version"}, env: w.environ()}, nil
}

// awsCLI prints a key from its environment, which needs AWS CLI 2.8 or later.
func awsCLI(ctx context.Context, w *world, path string) (subject, error) {
	s := subject{argv: []string{path, "configure", "export-credentials"},
		env: w.environ("AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret)}
	if _, err := s.command(ctx).Output(); err != nil {
		version := s
		version.argv = []string{path, "--version"}
		out, _ := version.command(ctx).CombinedOutput()
		return s, fmt.Errorf("%s has no export-credentials", firstLine(out))
	}
	return s, nil
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
