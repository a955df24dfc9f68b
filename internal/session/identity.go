package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/internal/visible"
)

// KeyHost returns what age identities need of the user and of the system.
func (s *Session) KeyHost() agekeys.Host {
	return agekeys.Host{Ask: s.Person.forIdentity, TPM: s.settings.Env("AWSEXEC_TPM"), Run: s.runPlugin}
}

// forIdentity asks for what an identity needs, such as a PIN, at the terminal or in
// a dialog.
func (p *Person) forIdentity(ctx context.Context, question string, secret bool) (string, error) {
	if p.settings.NoPrompt {
		return "", ErrPromptsOff
	}
	if err := p.hushed(question); p.byProgram.Load() && err != nil {
		return "", err
	}
	answer, err := p.terminal(ctx, question, secret)
	shown := !errors.Is(err, term.ErrNoTerminal)
	if !shown {
		p.events.Debug("terminal: %v", err)
		answer, err = term.AskDialog(ctx, p.settings.HelperEnviron(p.settings.Chain()), exec.LookPath, term.DialogPrompt{Title: "awsexec: keystore", Text: question})
	}
	switch {
	case errors.Is(err, term.ErrNoDialog):
		return "", fmt.Errorf("%w, and no desktop dialog", term.ErrNoTerminal)
	case err != nil && !brokenOff(err, shown):
		p.hush(question)
	}
	return answer, err
}

// pluginPatience is how long a plugin may take where nobody is to be asked: as long
// as hardware takes that waits for nobody.
const pluginPatience = 10 * time.Second

// runPlugin runs an age plugin, and shows what it says to the user. A plugin needs to
// know nothing of AWS and awsexec.
func (s *Session) runPlugin(ctx context.Context, name string, args []string, talk func(agekeys.Conversation) error) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return err
	}
	p := s.Person
	if err := p.hushed(name); p.byProgram.Load() && err != nil {
		return err
	}
	if s.settings.NoPrompt {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, pluginPatience, ErrPromptsOff)
		defer cancel()
	}
	stderr, end := s.watch("for " + name)
	err = term.Converse(ctx, path, args, s.settings.PlainEnviron(), stderr, func(to io.Writer, from io.Reader) error {
		return talk(agekeys.Conversation{To: to, From: from, Show: func(message string) {
			_, _ = io.WriteString(stderr, visible.Text(message)+"\n")
		}})
	})
	said := end()
	if err != nil && ctx.Err() != nil && !brokenOff(context.Cause(ctx), true) {
		p.hush(name)
	}
	return withSaid(err, said)
}
