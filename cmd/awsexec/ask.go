package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/processfmt"
)

// chainVar carries the profiles that are being resolved to the helpers that we start, one to a line, so that a helper that comes back to
// one of them is seen. A child of awsexec -- does not get it.
const chainVar = "AWSEXEC_CHAIN"

// tokenCode gets MFA codes for p: from its mfa_process, from AWSEXEC_MFA_CODE, or from a person, at the terminal or in a dialog.
func (a *app) tokenCode(p *profile.Profile) provider.TokenCodeFunc {
	return func(ctx context.Context, r provider.TokenRequest) (provider.TokenCode, error) {
		if command := mfaProcess(p); command != "" {
			defer a.ui.Waiting("for mfa_process")()
			code, err := term.RunMFAProcess(ctx, command, a.helperEnv(append(a.chain(), p.Name)), a.stderr)
			return provider.TokenCode{Code: code, Origin: provider.FromProgram}, err
		}
		if code := a.env("AWSEXEC_MFA_CODE"); code != "" {
			return provider.TokenCode{Code: code, Origin: provider.FromFixed}, nil
		}
		code, err := a.askCode(ctx, r)
		return provider.TokenCode{Code: strings.TrimSpace(code), Origin: provider.FromHuman}, err
	}
}

// mfaProcess is the mfa_process of p, or else that of the nearest profile that p gets its credentials from.
func mfaProcess(p *profile.Profile) string {
	for ; p != nil; p = p.Source {
		if p.MFAProcess != "" {
			return p.MFAProcess
		}
	}
	return ""
}

// askCode asks a person for an MFA code, where one can be reached.
func (a *app) askCode(ctx context.Context, r provider.TokenRequest) (string, error) {
	if a.noPrompt {
		return "", fmt.Errorf("%w: prompts are switched off", provider.ErrNoHuman)
	}
	text := "MFA code for " + r.Serial + ": "
	if r.Again != nil {
		text = r.Again.Error() + "; " + text
		if errors.Is(r.Again, provider.ErrCodeUsed) {
			text = "wait for the next code: " + text
		}
	}
	hushed := a.hushed(r.Serial)
	if r.Again != nil {
		hushed = nil // this prompt is the same one
	}
	if hushed != nil && a.calledBy {
		return "", fmt.Errorf("%w: %w", provider.ErrNoHuman, hushed)
	}
	code, err := a.terminal(ctx, term.Prompt{Text: "awsexec: " + text, Secret: true})
	if errors.Is(err, term.ErrNoTerminal) {
		a.ui.Debug("terminal: %v", err)
		if hushed != nil {
			return "", fmt.Errorf("%w: %w", provider.ErrNoHuman, hushed)
		}
		dialog := term.DialogPrompt{Title: "awsexec: profile " + r.Profile, Text: text}
		code, err = term.AskDialog(ctx, a.helperEnv(append(a.chain(), r.Profile)), exec.LookPath, dialog)
	}
	switch {
	case errors.Is(err, term.ErrNoDialog):
		return "", fmt.Errorf("%w: there is no terminal and no desktop dialog", provider.ErrNoHuman)
	case err != nil:
		a.hush(r.Serial)
	}
	return code, err
}

// passphrase gets the passphrase of the encrypted keystore, from AWSEXEC_PASSPHRASE or from a person at the terminal.
func (a *app) passphrase(ctx context.Context, create bool) ([]byte, error) {
	if p := a.env("AWSEXEC_PASSPHRASE"); p != "" {
		return []byte(p), nil
	}
	if a.noPrompt {
		return nil, errors.New("prompts are switched off and AWSEXEC_PASSPHRASE is not set")
	}
	if !create {
		if err := a.hushed(passphraseQuestion); a.calledBy && err != nil {
			return nil, err
		}
		p, err := a.secret(ctx, passphraseQuestion)
		if err != nil && !errors.Is(err, term.ErrNoTerminal) {
			a.hush(passphraseQuestion)
		}
		return []byte(p), err
	}
	a.ui.note("a new encrypted keystore is made; its passphrase cannot be recovered")
	return a.askNewPassphrase(ctx)
}

// secret asks at the terminal for something that is not to be seen.
func (a *app) secret(ctx context.Context, what string) (string, error) {
	return a.ask(ctx, what+": ", true)
}

// ask puts a question at the terminal.
func (a *app) ask(ctx context.Context, text string, secret bool) (string, error) {
	if a.noPrompt {
		return "", errors.New("prompts are switched off")
	}
	return a.terminal(ctx, term.Prompt{Text: "awsexec: " + text, Secret: secret})
}

// terminal asks at the terminal, unless that is a child's by now.
func (a *app) terminal(ctx context.Context, p term.Prompt) (string, error) {
	if a.terminalTaken {
		return "", fmt.Errorf("%w: the program that was started has it", term.ErrNoTerminal)
	}
	a.asking.Lock()
	defer a.asking.Unlock()
	return term.Ask(ctx, p)
}

// unaskedError says that nobody could be asked, and what can be done instead.
type unaskedError struct {
	error
	advice string
}

func (e unaskedError) Unwrap() error { return e.error }

// unasked is the error err of a question, with advice, if there is any, where it could not be put to anybody.
func (a *app) unasked(err error, advice string) error {
	if err != nil && advice != "" && (a.noPrompt || errors.Is(err, term.ErrNoTerminal)) {
		return unaskedError{err, advice}
	}
	return err
}

// confirm asks for a yes. Where nobody can be asked, the error has the given advice.
func (a *app) confirm(ctx context.Context, question, advice string) error {
	answer, err := a.ask(ctx, question+" [y/N] ", false)
	if err != nil {
		return a.unasked(err, advice)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	default:
		return errors.New("not confirmed, nothing was changed")
	}
}

// process runs the credential_process of another tool.
func (a *app) process(ctx context.Context, command string, path []string) (aws.Credentials, error) {
	out, err := term.RunProcess(ctx, command, a.helperEnv(path), a.stderr)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer clear(out)
	return processfmt.Decode(bytes.NewReader(out))
}

// helperEnv is the environment of a helper program that is started while the profiles of path are being resolved. It reads the AWS files that
// we read, or its way to credentials could lead back here.
func (a *app) helperEnv(path []string) []string {
	env := make([]string, 0, len(a.environ)+4)
	for _, kv := range a.environ {
		name, _, _ := strings.Cut(kv, "=")
		switch variable(name) {
		case "AWSEXEC_PASSPHRASE", "AWSEXEC_NEW_PASSPHRASE", "AWSEXEC_MFA_CODE", "AWSEXEC_NO_PROMPT", chainVar:
		case "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE":
			if a.files == a.sdkFiles {
				env = append(env, kv)
			}
		default:
			env = append(env, kv)
		}
	}
	if a.files != a.sdkFiles {
		env = append(env, "AWS_CONFIG_FILE="+a.files.Config, "AWS_SHARED_CREDENTIALS_FILE="+a.files.Credentials)
	}
	if a.noPrompt {
		env = append(env, "AWSEXEC_NO_PROMPT=1")
	}
	return append(env, chainVar+"="+strings.Join(path, "\n"))
}

// chain are the profiles that are being resolved by those who started us.
func (a *app) chain() []string {
	if a.env(chainVar) == "" {
		return nil
	}
	return strings.Split(a.env(chainVar), "\n")
}

// promptLimit bounds how long a person is waited for in commands that only people use.
const promptLimit = 10 * time.Minute
