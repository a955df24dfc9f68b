package provider

import (
	"errors"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// A profile's own rules win over those of its sources, and credentials in the
// environment have none.
func TestRulesOf(t *testing.T) {
	at := func(keys ...string) map[string]awsini.Pos {
		origin := map[string]awsini.Pos{}
		for _, key := range keys {
			origin[key] = awsini.Pos{File: "config", Line: 7}
		}
		return origin
	}
	base := &profile.Profile{Name: "base", Allow: []string{"aws"}, Confirm: true, Origin: at(profile.AllowKey, profile.ConfirmKey)}
	for name, tt := range map[string]struct {
		p     *profile.Profile
		plan  *Plan
		want  string
		asked bool
	}{
		"none":               {&profile.Profile{}, &Plan{Kind: StoredKey, Profile: &profile.Profile{}}, "", false},
		"its own":            {base, &Plan{Kind: StoredKey, Profile: base}, "base", true},
		"of its source":      {&profile.Profile{Source: base}, &Plan{Kind: Role, Profile: &profile.Profile{}, From: &Plan{Kind: StoredKey, Profile: &profile.Profile{}}}, "base", true},
		"of what it follows": {&profile.Profile{}, &Plan{Kind: StoredKey, Profile: base}, "base", true},
		"not asked":          {&profile.Profile{Source: base, Origin: at(profile.ConfirmKey)}, &Plan{Kind: StoredKey, Profile: base}, "base", false},
		"other programs":     {&profile.Profile{Name: "x", Allow: []string{"*"}, Source: base}, &Plan{Kind: StoredKey, Profile: base}, "x", true},
		"the environment's":  {base, &Plan{Kind: EnvironmentSession, Profile: base}, "", false},
	} {
		r := RulesOf(tt.p, tt.plan)
		whose := ""
		if r.allow != nil {
			whose = r.allow.Name
		}
		if whose != tt.want || r.Confirm != tt.asked || r.Any() != (whose != "" || tt.asked) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestRulesCheck(t *testing.T) {
	r := Rules{Allow: []string{"terraform", "terraform-*", "aws"}, allow: &profile.Profile{Name: "prod"}}
	for _, programs := range [][]string{{"aws"}, {"terraform-provider-aws_v5"}, {"python", "make", "aws"}} {
		if err := r.Check(programs...); err != nil {
			t.Errorf("%q: %v", programs, err)
		}
	}
	for _, programs := range [][]string{{}, {"aws-nuke"}, {""}, {"Terraform2", "bash"}} {
		refused, ok := errors.AsType[*RefusedError](r.Check(programs...))
		if !ok || len(programs) > 0 && refused.Program != programs[0] {
			t.Errorf("%q: %v", programs, refused)
		}
	}
	if err := (Rules{}).Check(); err != nil {
		t.Error(err)
	}
}
