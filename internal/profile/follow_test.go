package profile

import (
	"errors"
	"testing"
)

// A credential_process that is awsexec leads to the profile that it names, also to
// one that only the keystore has.
func TestFollow(t *testing.T) {
	config := configOf(t, `[profile own]
credential_process = awsexec -p own
[profile bare]
credential_process = awsexec
[profile other]
credential_process = /opt/bin/it -p own
[profile stored]
credential_process = awsexec -p elsewhere
[profile tool]
credential_process = tool
`, "").RunBy("/opt/bin/it")
	for name, want := range map[string]Profile{
		"own":    {IsSelf: true},
		"bare":   {IsSelf: true},
		"other":  {IsSelf: true, Other: "own"},
		"stored": {IsSelf: true, Other: "elsewhere"},
		"tool":   {},
	} {
		p, err := config.Profile(name)
		if err != nil || p.IsSelf != want.IsSelf || p.Other != want.Other {
			t.Errorf("%s: %t, %q, %v", name, p.IsSelf, p.Other, err)
			continue
		}
		if p.Other == "" {
			continue
		}
		if next, err := p.Follow([]string{"elsewhere"}); err != nil || next.Name != want.Other {
			t.Errorf("%s leads to %v, %v", name, next, err)
		}
	}
	p := &Profile{Name: "alone", IsSelf: true, Other: "own"}
	if _, err := p.Follow(nil); err == nil {
		t.Error("a profile is found in no files")
	} else if _, missing := errors.AsType[*NotFoundError](err); !missing {
		t.Error(err)
	}
}
