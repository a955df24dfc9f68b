package session

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/term"
)

// Rules returns the rules about who may have the credentials of p.
func (s *Session) Rules(ctx context.Context, p *profile.Profile) (provider.Rules, error) {
	if !mayHaveRules(p) {
		return provider.Rules{}, nil
	}
	plan, err := s.Plan(ctx, p, false)
	if err != nil {
		return provider.Rules{}, err
	}
	return provider.RulesOf(p, plan), nil
}

// mayHaveRules reports whether p has rules, or one that it may get its credentials from.
func mayHaveRules(p *profile.Profile) bool {
	for ; p != nil; p = p.Source {
		if _, confirm := p.Origin[profile.ConfirmKey]; confirm || len(p.Allow) > 0 || p.Other != "" {
			return true
		}
	}
	return false
}

// ConfirmError reports that no person has let a program have the credentials of a
// profile.
type ConfirmError struct {
	Profile string
	Program string
	At      awsini.Pos // of the rule
	Err     error      // why not; ErrNotAllowed if a person said no
}

func (e *ConfirmError) Error() string {
	return fmt.Sprintf("%s: a person has to let %s have the credentials of profile %q: %v", e.At, e.Program, e.Profile, e.Err)
}

func (e *ConfirmError) Unwrap() error { return e.Err }

// errNobody means that a question about a program could not be asked.
var errNobody = errors.New("nobody can be asked")

// confirmedMost is how long an answer counts for credentials that live longer.
const confirmedMost = 12 * time.Hour

// Permit asks a person whether a program may have credentials, if a rule says so. The
// answer counts for all programs of this name until the credentials end. If nobody
// answers within limit, that is a no.
func (s *Session) Permit(ctx context.Context, given Given, program string, limit time.Duration) error {
	rules, err := s.Rules(ctx, given.Profile)
	if err != nil || !rules.Confirm {
		return err
	}
	question := fmt.Sprintf("confirm %q %q %q", given.Profile.Name, program, given.AccessKeyID)
	memory, memoryErr := s.Cache()
	now := s.settings.Now()
	if memoryErr == nil && memory.Confirmed(question, now) {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrTooLong)
	defer cancel()
	if program == "" {
		program = "a program without a name"
	}
	if memoryErr == nil && !s.settings.NoPrompt {
		// One question at a time: an answer must not go to that of another process, and
		// may be the one for this process too.
		done := s.Person.WaitingForPerson("for the answer to another question of awsexec")
		release, err := memory.Lock(ctx, "confirm")
		done()
		if err == nil {
			defer release()
		}
		if memory.Confirmed(question, s.settings.Now()) {
			return nil
		}
	}
	err = context.Cause(ctx)
	if err == nil {
		err = s.Person.permit(ctx, given.Profile.Name, program)
	}
	if err != nil {
		_, at := rules.Places()
		return &ConfirmError{given.Profile.Name, program, at, err}
	}
	until := now.Add(confirmedMost)
	if given.CanExpire && given.Expires.Before(until) {
		until = given.Expires
	}
	if memoryErr == nil {
		memoryErr = memory.Confirm(question, until, now)
	}
	if memoryErr != nil {
		s.events.Debug("the answer is not remembered: %v", memoryErr)
	}
	return nil
}

// permit asks whether a program may have the credentials of a profile, at the
// terminal or in a dialog.
func (p *Person) permit(ctx context.Context, profile, program string) error {
	if p.settings.NoPrompt {
		return fmt.Errorf("%w: %w", errNobody, ErrPromptsOff)
	}
	about := fmt.Sprintf("confirm %q %q", profile, program)
	hushed := p.hushed(about)
	if hushed != nil && p.byProgram.Load() {
		return fmt.Errorf("%w: %w", errNobody, hushed)
	}
	question := fmt.Sprintf("let %s have the credentials of profile %q?", program, profile)
	answer, err := p.terminal(ctx, question+" [y/N] ", false)
	if errors.Is(err, term.ErrNoTerminal) {
		if hushed != nil {
			return fmt.Errorf("%w: %w", errNobody, hushed)
		}
		dialog := term.DialogPrompt{Title: "awsexec: profile " + profile, Text: question + " Type yes:"}
		answer, err = term.AskDialog(ctx, p.settings.HelperEnviron(append(p.settings.Chain(), profile)), exec.LookPath, dialog)
	}
	switch {
	case errors.Is(err, term.ErrNoDialog):
		return fmt.Errorf("%w: there is no terminal and no desktop dialog", errNobody)
	case err == nil && isYes(answer):
		return nil
	case err == nil:
		err = ErrNotAllowed
	}
	if !brokenOff(err, true) {
		p.hush(about)
	}
	return err
}

// ErrNotAllowed means that a person did not let a program have credentials.
var ErrNotAllowed = errors.New("the answer was no")

func isYes(answer string) bool {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}
