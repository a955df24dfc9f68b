package provider

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// signer is a person who signs in.
type signer struct {
	begun  atomic.Int32
	offers atomic.Int32
	refuse func(r SignInRequest) (bool, error) // nil for never
	do     func() error
}

func (s *signer) Offer(r SignInRequest) (bool, error) {
	s.offers.Add(1)
	if s.refuse != nil {
		return s.refuse(r)
	}
	return true, nil
}

func (s *signer) SignIn(context.Context, SignInRequest) error {
	s.begun.Add(1)
	return s.do()
}

// Of many who need a sign-in, one has somebody sign in, and all get what comes of it.
func TestOneSignIn(t *testing.T) {
	p := newPeople(t)
	if err := errors.Join(os.Remove(p.saved[SSO]), os.Remove(p.saved[Login])); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []Kind{SSO, Login} {
		s := &signer{do: func() (err error) {
			if kind == Login {
				p.session.Credentials.Expires = time.Now().Add(time.Hour)
				_, err = p.session.Save(p.home)
				return err
			}
			p.login.Expires = time.Now().Add(time.Hour)
			p.sso.SignIn(p.login.AccessToken, p.login.Expires)
			_, err = p.login.Save(p.home)
			return err
		}}
		p.signIns = s
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if c, err := p.retrieve(kind); err != nil || c.SessionToken != secret {
					t.Errorf("%s: %s, %v", kind, c.AccessKeyID, err)
				}
			})
		}
		all.Wait()
		if n := s.begun.Load(); n != 1 {
			t.Errorf("%s: %d sign-ins", kind, n)
		}
	}
}

// The error says what is wrong with the sign-in that there is, and what became of a new
// one. Nobody is asked for anything that a sign-in does not end.
func TestNoSignIn(t *testing.T) {
	errGone := errors.New("the person has gone")
	for _, tt := range []struct {
		name   string
		signer *signer
		down   bool
		want   string
		begun  int32
	}{
		{"without a person", nil, false, "nobody has signed in", 0},
		{"not offered", &signer{refuse: func(SignInRequest) (bool, error) { return false, nil }}, false, "nobody has signed in", 0},
		{"not offered now", &signer{refuse: func(SignInRequest) (bool, error) { return false, errGone }}, false, "nobody has signed in; the person has gone", 0},
		{"not behind another", &signer{refuse: func(r SignInRequest) (bool, error) { return !r.Waited, nil }}, false, "nobody has signed in", 0},
		{"broken off", &signer{do: func() error { return errGone }}, false, "nobody has signed in; the person has gone", 1},
		{"nothing came of it", &signer{do: func() error { return nil }}, false, "nobody has signed in", 1},
		{"network down", &signer{}, true, "cannot be reached", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeople(t)
			if tt.signer != nil {
				p.signIns = tt.signer
			}
			if tt.down {
				p.sso.Close()
			} else if err := os.Remove(p.saved[SSO]); err != nil {
				t.Fatal(err)
			}
			_, err := p.retrieve(SSO)
			_, signIn := errors.AsType[*tokens.SignInError](err)
			if err == nil || !strings.HasSuffix(err.Error(), tt.want) && !tt.down || !strings.Contains(err.Error(), tt.want) || signIn == tt.down {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if tt.signer != nil && tt.signer.begun.Load() != tt.begun {
				t.Errorf("%d sign-ins", tt.signer.begun.Load())
			}
			_, err = AccountRoles(t.Context(), &profile.Profile{SSO: &profile.SSO{Session: "corp", StartURL: "https://x.example/start", Region: "eu-west-1"}}, p.parts(), nil)
			if err == nil || !strings.HasPrefix(err.Error(), `sso-session "corp": `) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("accounts: got %v, want %s", err, tt.want)
			}
		})
	}
}

// A sign-in ends as soon as tokens have come another way.
func TestSignedInMeanwhileElsewhere(t *testing.T) {
	p := newPeople(t)
	if err := os.Remove(p.saved[SSO]); err != nil {
		t.Fatal(err)
	}
	var cause error
	s := &waiter{func(ctx context.Context) error {
		p.login.Expires = time.Now().Add(time.Hour)
		p.sso.SignIn(p.login.AccessToken, p.login.Expires)
		if _, err := p.login.Save(p.home); err != nil {
			return err
		}
		<-ctx.Done()
		cause = context.Cause(ctx)
		return cause
	}}
	p.signIns = s
	if _, err := p.retrieve(SSO); err != nil || !errors.Is(cause, ErrSignedInElsewhere) {
		t.Errorf("got %v, the sign-in ended with %v", err, cause)
	}
}

// waiter is a person who signs in.
type waiter struct {
	do func(ctx context.Context) error
}

func (*waiter) Offer(SignInRequest) (bool, error) { return true, nil }

func (w *waiter) SignIn(ctx context.Context, _ SignInRequest) error { return w.do(ctx) }

// Who waits for somebody else's sign-in in vain says so.
func TestSignInElsewhere(t *testing.T) {
	p := newPeople(t)
	if err := os.Remove(p.saved[SSO]); err != nil {
		t.Fatal(err)
	}
	release, err := p.parts().Cache.Lock(t.Context(), "sign-in of "+SSOBase(&profile.SSO{Session: "corp", StartURL: "https://x.example/start"}))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	p.signIns = &signer{}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("no answer in time"))
	defer cancel()
	_, err = p.retrieveIn(ctx, SSO)
	if err == nil || !strings.HasSuffix(err.Error(), "; another awsexec waits for somebody to sign in: no answer in time") {
		t.Errorf("got %v", err)
	}
}
