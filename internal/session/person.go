package session

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/term"
)

// ErrPromptsOff means that the user switched prompts off.
var ErrPromptsOff = errors.New("prompts are switched off")

// ErrNotConfirmed means that a question was not answered with yes.
var ErrNotConfirmed = errors.New("not confirmed, nothing was changed")

// Person asks the user, at the controlling terminal or in a desktop dialog. Its
// methods may be called from several goroutines; one question is shown at a
// time.
type Person struct {
	settings *Settings
	events   provider.Events
	memory   func() (*cache.Cache, error) // of unanswered questions

	notices   notices
	asking    sync.Mutex
	byProgram atomic.Bool // programs ask for credentials
	detached  atomic.Bool // the terminal belongs to a child
}

func newPerson(s *Settings, e provider.Events, memory func() (*cache.Cache, error)) *Person {
	p := &Person{settings: s, events: e, memory: memory}
	p.byProgram.Store(s.ByProgram)
	return p
}

// ServePrograms makes programs, not a person, those who ask for credentials from now
// on.
func (p *Person) ServePrograms() { p.byProgram.Store(true) }

// LeaveTerminal leaves the terminal to a child. Nobody is asked there any more.
func (p *Person) LeaveTerminal() { p.detached.Store(true) }

// Ask asks a question at the terminal and returns the answer. What is typed is
// not shown if secret is true. The error wraps term.ErrNoTerminal if there is no
// terminal, ErrPromptsOff if nobody may be asked, and term.ErrCancelled if the
// user pressed Ctrl-C.
func (p *Person) Ask(ctx context.Context, question string, secret bool) (string, error) {
	if p.settings.NoPrompt {
		return "", ErrPromptsOff
	}
	return p.terminal(ctx, question, secret)
}

// Confirm asks for a yes. The error is ErrNotConfirmed for any other answer,
// else one of Ask.
func (p *Person) Confirm(ctx context.Context, question string) error {
	answer, err := p.Ask(ctx, question+" [y/N] ", false)
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	default:
		return ErrNotConfirmed
	}
}

// Agree asks whether to do what is usual, and takes an empty answer for a yes. The
// error is one of Ask.
func (p *Person) Agree(ctx context.Context, question string) (bool, error) {
	answer, err := p.Ask(ctx, question+" [Y/n] ", false)
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "", "y", "yes":
		return true, nil
	default:
		return false, nil
	}
}

// Unasked reports whether err means that nobody could be asked.
func Unasked(err error) bool {
	return errors.Is(err, ErrPromptsOff) || errors.Is(err, term.ErrNoTerminal)
}

func (p *Person) terminal(ctx context.Context, question string, secret bool) (string, error) {
	if p.detached.Load() {
		return "", fmt.Errorf("%w: the program that was started has it", term.ErrNoTerminal)
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	defer p.notices.ask()()
	return term.Ask(ctx, term.Prompt{Text: "awsexec: " + question, Secret: secret})
}

// code asks for an MFA code, at the terminal or in a dialog.
func (p *Person) code(ctx context.Context, r provider.TokenRequest) (string, error) {
	if p.settings.NoPrompt {
		return "", fmt.Errorf("%w: %w", provider.ErrNoHuman, ErrPromptsOff)
	}
	text := "MFA code for " + r.Serial + ": "
	if r.Again != nil {
		text = r.Again.Error() + "; " + text
		if errors.Is(r.Again, provider.ErrCodeUsed) {
			text = "wait for the next code: " + text
		}
	} else if r.Despite != nil {
		text = r.Despite.String() + "; " + text
	}
	hushed := p.hushed(r.Serial)
	if r.Again != nil {
		hushed = nil // this prompt is the same one
	}
	if hushed != nil && p.byProgram.Load() {
		return "", fmt.Errorf("%w: %w", provider.ErrNoHuman, hushed)
	}
	code, err := p.terminal(ctx, text, true)
	shown := !errors.Is(err, term.ErrNoTerminal)
	if errors.Is(err, term.ErrNoTerminal) {
		p.events.Debug("terminal: %v", err)
		if hushed != nil {
			return "", fmt.Errorf("%w: %w", provider.ErrNoHuman, hushed)
		}
		dialog := term.DialogPrompt{Title: "awsexec: profile " + r.Profile, Text: text}
		code, err = term.AskDialog(ctx, p.settings.HelperEnviron(append(p.settings.Chain(), r.Profile)), exec.LookPath, dialog)
	}
	switch {
	case errors.Is(err, term.ErrNoDialog):
		return "", fmt.Errorf("%w: there is no terminal and no desktop dialog", provider.ErrNoHuman)
	case err != nil && !brokenOff(err, shown):
		p.hush(r.Serial)
	}
	return code, err
}

// passphraseQuestion is the prompt for the passphrase of the encrypted keystore.
const passphraseQuestion = "keystore passphrase"

// Passphrase returns the passphrase of the encrypted keystore, from
// AWSEXEC_PASSPHRASE or from a person. If create is true, it is the passphrase of a
// new keystore.
func (p *Person) Passphrase(ctx context.Context, create bool) ([]byte, error) {
	if fixed := p.settings.Env("AWSEXEC_PASSPHRASE"); fixed != "" {
		if create {
			if err := CheckPassphrase([]byte(fixed)); err != nil {
				return nil, fmt.Errorf("AWSEXEC_PASSPHRASE: %w", err)
			}
		}
		return []byte(fixed), nil
	}
	if p.settings.NoPrompt {
		return nil, fmt.Errorf("%w and AWSEXEC_PASSPHRASE is not set", ErrPromptsOff)
	}
	if create {
		return p.NewPassphrase(ctx)
	}
	if err := p.hushed(passphraseQuestion); p.byProgram.Load() && err != nil {
		return nil, err
	}
	answer, err := p.Ask(ctx, passphraseQuestion+": ", true)
	if err != nil && !errors.Is(err, term.ErrNoTerminal) && !brokenOff(err, true) {
		p.hush(passphraseQuestion)
	}
	return []byte(answer), err
}

// quietTime is how long an unanswered question is not asked again when programs call
// awsexec. A question is unanswered after Ctrl-D, if its dialog was cancelled, if it
// timed out, or if it was answered wrong three times. A program that tries again and again, or twenty at once, must
// not cause prompt after prompt. A person who types a command on a terminal is asked
// at once.
const quietTime = time.Minute

// brokenOff reports whether a person broke a question on the terminal off by
// Ctrl-C, which ends the program behind it too. After Ctrl-D, or a dialog that was
// cancelled, that may go on and cause the next question.
func brokenOff(err error, onTerminal bool) bool {
	by, _ := errors.AsType[interrupt.Signal](err)
	return onTerminal && (by == interrupt.Signal(syscall.SIGINT) || errors.Is(err, term.ErrCancelled))
}

// hush starts the quiet time of a question.
func (p *Person) hush(question string) {
	memory, err := p.memory()
	if err == nil {
		err = memory.Hush(question, p.settings.Now().Add(quietTime))
	}
	if err != nil {
		p.events.Debug("the unanswered prompt is not remembered: %v", err)
	}
}

// hushed returns the error for a question in its quiet time, or nil.
func (p *Person) hushed(question string) error {
	memory, err := p.memory()
	if err != nil {
		return nil // no directory, no memory
	}
	left := memory.Hushed(question, p.settings.Now())
	if left == 0 {
		return nil
	}
	return fmt.Errorf("the last prompt was not answered, and programs do not cause another one for %d s", int(left/time.Second)+1)
}

// noteAnswer remembers whether the code that a person gave for a device was
// accepted. An empty device means that nobody was asked.
func (p *Person) noteAnswer(device string, err error) {
	if device == "" {
		return
	}
	memory, memoryErr := p.memory()
	switch {
	case errors.Is(err, provider.ErrCodeWrong), errors.Is(err, provider.ErrCodeUsed), errors.Is(err, provider.ErrCodeFormat):
		p.hush(device)
	case err == nil && memoryErr == nil:
		if err := memory.Unhush(device); err != nil {
			p.events.Debug("prompts: %v", err)
		}
	}
}
