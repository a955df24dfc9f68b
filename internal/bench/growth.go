package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/awsexec/awsexec/internal/ststest"
)

const (
	manyProfiles = 5000
	manySessions = 10000
	chainLength  = 5
)

// chain returns a chain of roles that everybody in the account may assume.
func chain() []ststest.Role {
	var roles []ststest.Role
	for i := range chainLength {
		roles = append(roles, ststest.Role{ARN: roleARN(i), Trust: []string{account}})
	}
	return roles
}

func roleARN(i int) string { return fmt.Sprintf("arn:aws:iam::%s:role/chain-%d", account, i+1) }

// bigConfig returns the text of a config file with many profiles. At its end is
// a chain of roles that starts at work; last is the name of the last role's
// profile.
func bigConfig() (text, last string) {
	var b strings.Builder
	fmt.Fprintf(&b, "[profile work]\nregion = %s\n", region)
	for i := range manyProfiles - 1 - chainLength {
		fmt.Fprintf(&b, "\n[profile account-%04d]\nrole_arn = arn:aws:iam::%012d:role/developer\nsource_profile = work\nregion = %s\noutput = json\n", i, i, region)
	}
	last = "work"
	for i := range chainLength {
		next := fmt.Sprintf("chain-%d", i+1)
		fmt.Fprintf(&b, "\n[profile %s]\nrole_arn = %s\nsource_profile = %s\nregion = %s\n", next,
			roleARN(i), last, region)
		last = next
	}
	return b.String(), last
}

// growth measures warm calls with a large config file and many session files.
func growth(ctx context.Context, w *world, r *report) error {
	if w.bus == nil {
		return nil
	}
	text, last := bigConfig()
	if err := os.WriteFile(w.path(".aws", "big"), []byte(text), 0o600); err != nil {
		return err
	}
	chained := w.awsexec("-p", last)
	chained.env = w.environ("AWSEXEC_HOLD=15m", "AWS_CONFIG_FILE="+w.path(".aws", "big"))
	if err := w.warm(ctx, chained); err != nil {
		return err
	}
	crowded := warmPrint(w)
	crowded.env = w.environ("AWSEXEC_HOLD=15m", "XDG_CACHE_HOME="+w.path("crowded"))
	if err := w.warm(ctx, crowded); err != nil {
		return err
	}
	if err := crowd(w.path("crowded", "awsexec", "sessions")); err != nil {
		return err
	}
	s, err := w.compare(ctx, held(w, warmPrint(w)), chained, crowded)
	if err != nil {
		return err
	}
	r.ratio(fmt.Sprintf("%d profiles, the last of %d roles", manyProfiles, chainLength), s[1],
		"one profile", s[0], 1.5)
	r.ratio(fmt.Sprintf("%d session files", manySessions), s[2], "a few", s[0], 1.1)
	return nil
}

// crowd copies the only session file under dir to many other names.
func crowd(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.session"))
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return fmt.Errorf("%s: %d session files, want 1", dir, len(files))
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	for i := range manySessions - 1 {
		name := filepath.Join(filepath.Dir(files[0]), fmt.Sprintf("%032x.session", i))
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
