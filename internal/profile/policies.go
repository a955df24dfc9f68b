package profile

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/near"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/registry"
)

// ownPrefix begins the keys that awsexec alone reads, and ownKeys are these.
const ownPrefix = "awsexec_"

var ownKeys = []string{AllowKey, ConfirmKey, RegistriesKey, "awsexec_read_only", "awsexec_policy", "awsexec_policy_arns", "awsexec_login"}

// policies fills in the session policies of p. What is wrong with them is an error,
// and never ignored: the profile would give more than its author meant.
func (b *builder) policies(p *Profile, self string) {
	for _, key := range slices.Sorted(maps.Keys(b.settings)) {
		switch written := b.settings[key]; {
		case !strings.HasPrefix(key, ownPrefix):
		case !slices.Contains(ownKeys, key):
			reason := "awsexec knows no such key"
			if names := near.Names(key, ownKeys); len(names) > 0 {
				reason += "; perhaps " + names[0]
			}
			b.fail(key, written.Pos, reason)
		case written.Nested == nil && written.Text == "":
			b.fail(key, written.Pos, "is empty")
		}
	}
	for _, host := range b.list(RegistriesKey) {
		if _, ok := registry.Parse(host); !ok {
			b.fail(RegistriesKey, b.settings[RegistriesKey].Pos, fmt.Sprintf("%q is not the host of a registry of ECR", host))
		}
	}
	p.Policies.ReadOnly = b.yes("awsexec_read_only")
	p.Policies.Policy, p.Policies.ARNs = b.text("awsexec_policy"), b.list("awsexec_policy_arns")
	if key := "awsexec_policy_arns"; b.text(key) != "" && len(p.Policies.ARNs) == 0 {
		b.fail(key, b.settings[key].Pos, "names no policy")
	}
	if p.IsSelf {
		p.ProcessPolicies = selfPolicies(p.CredentialProcess, self)
	}
	for _, s := range []struct {
		policy.Written
		key string
	}{
		{p.Policies, PolicyKey(p.Policies)},
		{p.ProcessPolicies, "credential_process"},
	} {
		err := s.Check()
		if file := s.File(); err == nil && file != "" && !filepath.IsAbs(file) && !strings.HasPrefix(file, "~/") {
			// SDKs call awsexec in any directory. One that a program has chosen must not
			// decide which policy counts.
			err = fmt.Errorf("%q is neither JSON, which begins with {, nor a path that is absolute or begins with ~/", file)
		}
		if err != nil {
			b.fail(s.key, b.settings[s.key].Pos, err.Error())
		}
	}
}

// PolicyKey returns the key that stands for session policies of a profile: the one
// that has the most to say.
func PolicyKey(w policy.Written) string {
	switch {
	case w.ReadOnly:
		return "awsexec_read_only"
	case w.Policy != "":
		return "awsexec_policy"
	}
	return "awsexec_policy_arns"
}
