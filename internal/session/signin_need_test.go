package session

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/term"
)

// signInWorld is a machine on which programs and people need sign-ins.
type signInWorld struct {
	now      time.Time
	settings Settings
	end      func(ctx context.Context) error // what becomes of a sign-in
}

func newSignInWorld(t *testing.T) *signInWorld {
	home := t.TempDir()
	w := &signInWorld{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.settings = Settings{Home: home, SignIn: profile.SignInAuto, ByProgram: true, Environ: []string{"XDG_CACHE_HOME=" + home, "LOCALAPPDATA=" + home}}
	w.settings.Now = func() time.Time { return w.now }
	return w
}

// run is one process that needs a sign-in.
func (w *signInWorld) run() *signIns {
	settings := w.settings
	s := New(&settings, &recorder{}, nil)
	s.SignInBy(func(ctx context.Context, _ provider.SignInRequest, byProgram bool) error {
		if byProgram != settings.ByProgram {
			return errors.New("wrong by whom")
		}
		return w.end(ctx)
	})
	return &signIns{s, w.now}
}

func TestSignInIsOffered(t *testing.T) {
	for _, tt := range []struct {
		name             string
		env, own, source string
		noPrompt, person bool
		want             bool
	}{
		{name: "a program"},
		{name: "a program, auto", env: "auto", want: true},
		{name: "a program, auto in the profile", own: "auto", want: true},
		{name: "a program, auto in its source", source: "auto", want: true},
		{name: "the profile before its source", own: "never", source: "auto"},
		{name: "the variable before the profile", env: "never", own: "auto"},
		{name: "prompts are off", env: "auto", noPrompt: true},
		{name: "a person", person: true, want: term.Present()},
		{name: "a person, never", person: true, env: "never"},
		{name: "a person, auto", person: true, env: "auto", want: true},
	} {
		w := newSignInWorld(t)
		w.settings.SignIn, w.settings.NoPrompt, w.settings.ByProgram = tt.env, tt.noPrompt, !tt.person
		p := w.run()
		way := []*profile.Profile{{SignIn: tt.own}, {SignIn: tt.source}}
		if got, err := p.Offer(provider.SignInRequest{Way: way}); got != tt.want || err != nil {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
	s := New(&Settings{SignIn: profile.SignInAuto}, &recorder{}, nil)
	if got, err := (&signIns{session: s}).Offer(provider.SignInRequest{}); got || err != nil {
		t.Errorf("without a way to sign in: %v, %v", got, err)
	}
}

// After a sign-in that nobody finished, programs begin none for a while.
func TestUnfinishedSignIn(t *testing.T) {
	interrupted := func(by syscall.Signal) func(context.Context) error {
		return func(context.Context) error { return interrupt.Signal(by) }
	}
	errDenied := errors.New("denied in the browser")
	for _, tt := range []struct {
		name string
		ends []func(context.Context) error // of sign-ins, one after the other
		want bool                          // whether the next program begins one
	}{
		{"none yet", nil, true},
		{"finished", []func(context.Context) error{func(context.Context) error { return nil }}, true},
		{"denied", []func(context.Context) error{func(context.Context) error { return errDenied }}, false},
		{"not finished in time", []func(context.Context) error{func(context.Context) error { return ErrSignInTime }}, false},
		{"denied, then finished", []func(context.Context) error{func(context.Context) error { return errDenied }, func(context.Context) error { return nil }}, true},
		{"Ctrl-C", []func(context.Context) error{interrupted(syscall.SIGINT)}, true},
		{"Ctrl-C at a question", []func(context.Context) error{func(context.Context) error { return term.ErrCancelled }}, true},
		{"killed", []func(context.Context) error{interrupted(syscall.SIGTERM)}, true},
		{"killed, and the next too", []func(context.Context) error{interrupted(syscall.SIGTERM), interrupted(syscall.SIGTERM)}, false},
		{"killed, then finished", []func(context.Context) error{interrupted(syscall.SIGTERM), func(context.Context) error { return nil }}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newSignInWorld(t)
			r := provider.SignInRequest{Base: "corp"}
			for _, end := range tt.ends {
				ctx, cancel := context.WithCancelCause(t.Context())
				w.end = func(ctx context.Context) error {
					err := end(ctx)
					if by, ok := errors.AsType[interrupt.Signal](err); ok {
						cancel(by)
					}
					return err
				}
				if err := w.run().SignIn(ctx, r); !errors.Is(err, w.end(ctx)) {
					t.Fatal(err)
				}
				cancel(nil)
			}
			got, err := w.run().Offer(r)
			quiet, isQuiet := errors.AsType[*QuietSignInError](err)
			if got != tt.want || isQuiet == tt.want || isQuiet && quiet.Left != quietSignIn {
				t.Fatalf("got %v, %v", got, err)
			}
			if other, err := w.run().Offer(provider.SignInRequest{Base: "other"}); !other || err != nil {
				t.Errorf("another sign-in: %v, %v", other, err)
			}
			if tt.want {
				return
			}
			person := newSignInWorld(t)
			person.settings = w.settings
			person.settings.ByProgram, person.now = false, w.now
			behind := person.run()
			if got, err := behind.Offer(r); !got || err != nil {
				t.Errorf("a person: %v, %v", got, err)
			}
			r.Waited = true
			if got, err := behind.Offer(r); !got || err != nil {
				t.Errorf("a person whose command began later: %v, %v", got, err)
			}
			behind.began = w.now.Add(-time.Second)
			if got, err := behind.Offer(r); got || err == nil {
				t.Errorf("a person whose command waited meanwhile: %v, %v", got, err)
			}
			w.run().session.ForgetUnfinished(r.Base)
			if got, err := w.run().Offer(r); !got || err != nil {
				t.Errorf("after a sign-in by hand: %v, %v", got, err)
			}
		})
	}
}

// A sign-in leaves time to report that nobody finished it.
func TestSignInTime(t *testing.T) {
	w := newSignInWorld(t)
	w.end = func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
	late := errors.New("no answer in time")
	ctx, cancel := context.WithTimeoutCause(t.Context(), signInMargin+10*time.Millisecond, late)
	defer cancel()
	if err := w.run().SignIn(ctx, provider.SignInRequest{}); !errors.Is(err, ErrSignInTime) || ctx.Err() != nil {
		t.Errorf("got %v", err)
	}
}
