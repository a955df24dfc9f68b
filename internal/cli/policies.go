package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/visible"
)

// policies returns the session policies that the flags ask for, and the flags that
// do.
func (f *flags) policies() (w policy.Written, by string, err error) {
	w = policy.Written{ReadOnly: f.ReadOnly, ARNs: f.PolicyARN}
	var given []string
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--read-only", f.ReadOnly}, {"--policy", len(f.Policy) > 0}, {"--policy-arn", len(f.PolicyARN) > 0}} {
		if flag.set {
			given = append(given, flag.name)
		}
	}
	if len(f.Policy) > 1 {
		return w, "", usageError{"--policy is given twice: AWS takes one policy, which can hold more statements", ""}
	}
	if len(f.Policy) == 1 {
		w.Policy = f.Policy[0]
	}
	return w, strings.Join(given, " and "), nil
}

// policiesIn returns the session policies that variables ask for, and the variables
// that do.
func policiesIn(env func(string) string) (w policy.Written, by string, err error) {
	var given []string
	if w.ReadOnly, err = truth(env("AWSEXEC_READ_ONLY"), "AWSEXEC_READ_ONLY"); err != nil {
		return w, "", err
	}
	w.Policy = env("AWSEXEC_POLICY")
	arns := env("AWSEXEC_POLICY_ARNS")
	for a := range strings.SplitSeq(arns, ",") {
		if a = strings.TrimSpace(a); a != "" {
			w.ARNs = append(w.ARNs, a)
		}
	}
	for _, variable := range []struct {
		name string
		set  bool
	}{{"AWSEXEC_READ_ONLY", w.ReadOnly}, {"AWSEXEC_POLICY", w.Policy != ""}, {"AWSEXEC_POLICY_ARNS", len(w.ARNs) > 0}} {
		if variable.set {
			given = append(given, variable.name)
		}
	}
	by = strings.Join(given, " and ")
	if arns != "" && len(w.ARNs) == 0 {
		return w, by, usageError{fmt.Sprintf("AWSEXEC_POLICY_ARNS: %q names no policy", arns), ""}
	}
	if file := w.File(); file != "" && !filepath.IsAbs(file) && !strings.HasPrefix(file, "~/") {
		// Programs call awsexec in any directory, which must not decide what counts.
		return w, by, usageError{fmt.Sprintf("AWSEXEC_POLICY: %q is neither JSON, which begins with {, nor a path that is absolute or begins with ~/", file), ""}
	}
	return w, by, nil
}

// askedPolicies returns what flags and variables ask for. Home is the directory that ~/
// stands for: no shell replaces that in --policy=~/FILE.
func askedPolicies(f *flags, env func(string) string, home string) (requests []policy.Request, err error) {
	for _, ask := range []func() (policy.Written, string, error){f.policies, func() (policy.Written, string, error) { return policiesIn(env) }} {
		w, by, err := ask()
		if err != nil {
			return nil, err
		}
		if w.IsZero() {
			continue
		}
		var set policy.Set
		if w, err = w.InHome(home); err == nil {
			set, err = w.Read("")
		}
		if err != nil {
			return nil, policyError(err, by)
		}
		requests = append(requests, policy.Request{Set: set, By: by})
	}
	return requests, nil
}

// policyError returns the error for a policy that flags or variables name.
func policyError(err error, by string) error {
	switch {
	case errors.As(err, new(*fs.PathError)):
		return fmt.Errorf("%s: %w", by, err)
	case by == "--policy-arn":
		return usageError{by + ": " + err.Error(), "--policy-arn " + policy.ReadOnly + ", or an ARN; with more policies the flag again for each, up to 10"}
	case strings.HasPrefix(by, "--policy"):
		return usageError{by + ": " + err.Error(), "a file with a policy, JSON that begins with {, or --policy-arn ARN"}
	}
	return usageError{by + ": " + err.Error(), ""}
}

// givenPolicies returns the session policies of the credentials that an awsexec
// around this process has given; nil if they are unknown.
func givenPolicies(environ []string) (*policy.Set, error) {
	narrowing, known := exec.GivenNarrowing(environ)
	if !known {
		return nil, nil
	}
	w, by, err := policiesIn(func(name string) string {
		i := slices.IndexFunc(narrowing, func(kv [2]string) bool { return kv[0] == name })
		if i < 0 {
			return ""
		}
		return narrowing[i][1]
	})
	if err != nil {
		return nil, err
	}
	set, err := w.Read("")
	if err != nil {
		return nil, policyError(err, by)
	}
	return &set, nil
}

// checkNarrows returns an error if flags narrow credentials and the command hands out
// none: it would ignore them.
func checkNarrows(command string, f *flags) error {
	_, by, err := f.policies()
	if command == "" {
		command = "print"
	}
	if err != nil || by == "" || slices.Contains(heededBy(command), "read-only") {
		return err
	}
	return usageError{fmt.Sprintf("%s: %s hands out no credentials that this could narrow", by, command), ""}
}

// checkKeys returns an error if a command works with long-term keys as a whole where
// variables narrow what is handed out: a program that may only read is not to rotate
// them.
func checkKeys(command string, asked []policy.Request) error {
	first, rest, _ := strings.Cut(command, " ")
	if len(asked) == 0 || rest == "status" || !slices.Contains([]string{"add", "import", "remove", "rotate", "mfa", "backup", "restore", "keystore", "passphrase"}, first) {
		return nil
	}
	by := asked[0].By
	return usageError{fmt.Sprintf("%s: %s narrows what awsexec hands out here, and this works with whole keys", command, by), "it is for a person, in a shell without " + by}
}

// narrowingFlags returns the flags that ask for the same session policies as f, in a
// form that every shell and SDK leaves as it is, and that no directory and no change
// to a file gives another meaning.
func narrowingFlags(requests []policy.Request) []string {
	var words []string
	for _, r := range requests[:min(len(requests), 1)] { // others are equal, or nothing is handed out
		w := r.Written()
		if w.ReadOnly {
			words = append(words, "--read-only")
		}
		if w.Policy != "" {
			words = append(words, "--policy", policy.Encode(w.Policy))
		}
		for _, a := range w.ARNs {
			words = append(words, "--policy-arn", a)
		}
	}
	return words
}

// narrowing returns the flags of f that narrow credentials, as they were given.
func (f *flags) narrowing() (words []string) {
	if f.ReadOnly {
		words = append(words, "--read-only")
	}
	for _, p := range f.Policy {
		words = append(words, "--policy", p)
	}
	for _, a := range f.PolicyARN {
		words = append(words, "--policy-arn", a)
	}
	return words
}

// narrowing are session policies as they are printed as JSON.
type narrowing struct {
	ARNs   []string        `json:"arns,omitempty"`
	Policy json.RawMessage `json:"policy,omitempty"`
}

// String returns n in words, "" for nil.
func (n *narrowing) String() string {
	if n == nil {
		return ""
	}
	return policy.Set{Document: string(n.Policy), ARNs: n.ARNs}.String()
}

// maskedPolicies returns s without what identifies an account.
func maskedPolicies(s policy.Set) policy.Set {
	masked := policy.Set{}
	for _, a := range s.ARNs {
		if accountIn(a) != "aws" {
			a = visible.ARN(a)
		}
		masked.ARNs = append(masked.ARNs, a)
	}
	if s.Document != "" {
		masked.Document = `{"Statement":"…"}`
	}
	return masked
}

// narrowingOf returns nil for a set that narrows nothing.
func narrowingOf(s policy.Set) *narrowing {
	if s.IsZero() {
		return nil
	}
	return &narrowing{s.ARNs, json.RawMessage(s.Document)}
}
