package renew

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// TestCheck: what rests on variables that a program does not get is refused,
// wherever it is in the chain.
func TestCheck(t *testing.T) {
	plan := func(kind provider.Kind) *provider.Plan {
		return &provider.Plan{Kind: kind, Profile: &profile.Profile{}}
	}
	inFile := plan(provider.WebIdentity)
	inFile.Profile.WebIdentityTokenFile = "/token"
	for _, tt := range []struct {
		plan            *provider.Plan
		longTerm, given bool
		refused         provider.Kind
	}{
		{plan(provider.StoredKey), true, false, ""},
		{plan(provider.FileKey), true, false, ""},
		{plan(provider.SSO), false, false, ""},
		{inFile, false, false, ""},
		{plan(provider.WebIdentity), false, false, provider.WebIdentity},
		{plan(provider.Container), false, false, provider.Container},
		{plan(provider.EnvironmentKey), false, true, provider.EnvironmentKey},
		{plan(provider.EnvironmentSession), false, true, provider.EnvironmentSession},
	} {
		for _, p := range []*provider.Plan{tt.plan, {Kind: provider.Role, Profile: &profile.Profile{}, From: tt.plan}} {
			longTerm, err := Check(p)
			var source *SourceError
			if errors.As(err, &source) != (tt.refused != "") || source != nil && (source.Kind != tt.refused || source.Given() != tt.given) || longTerm != tt.longTerm {
				t.Errorf("%s of %s: %t, %v", p.Kind, tt.plan.Kind, longTerm, err)
			}
		}
	}
}

// box is an encrypted keystore.
type box struct{ open bool }

func (b box) String() string                                           { return "the box" }
func (b box) UnlockedUntil(context.Context) (until time.Time, ok bool) { return until, b.open }

// TestCheckOpen: an unlocked keystore needs nobody, a locked one a person or,
// where the passphrase stays behind, another way.
func TestCheckOpen(t *testing.T) {
	for _, fromVariable := range []bool{false, true} {
		if asks, err := CheckOpen(t.Context(), box{true}, "work", fromVariable); asks || err != nil {
			t.Errorf("unlocked: %t, %v", asks, err)
		}
	}
	if asks, err := CheckOpen(t.Context(), box{}, "work", false); !asks || err != nil {
		t.Errorf("locked: %t, %v", asks, err)
	}
	var closed *PassphraseError
	if asks, err := CheckOpen(t.Context(), box{}, "work", true); asks || !errors.As(err, &closed) || *closed != (PassphraseError{"work", "the box"}) {
		t.Errorf("locked, with the passphrase in a variable: %t, %v", asks, err)
	}
}

func TestLasting(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&provider.NoKeyError{Profile: "work"}, true},
		{fmt.Errorf("profile: %w", keystore.ErrNotFound), true},
		{fmt.Errorf("profile: %w", provider.ErrNoHuman), true},
		{errors.New("the network is down"), false},
		{keystore.ErrLocked, false},
	} {
		if got := Lasting(tt.err); got != tt.want {
			t.Errorf("%v: %t", tt.err, got)
		}
	}
}
