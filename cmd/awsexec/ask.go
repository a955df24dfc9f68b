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
	code, err := term.Ask(ctx, term.Prompt{Text: "awsexec: " + text, Secret: true})
	if !errors.Is(err, term.ErrNoTerminal) {
		return code, err
	}
	a.ui.Debug("terminal: %v", err)
	dialog := term.DialogPrompt{Title: "awsexec: profile " + r.Profile, Text: text}
	code, err = term.AskDialog(ctx, a.helperEnv(append(a.chain(), r.Profile)), exec.LookPath, dialog)
	if errors.Is(err, term.ErrNoDialog) {
		return "", fmt.Errorf("%w: there is no terminal and no desktop dialog", provider.ErrNoHuman)
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
		p, err := a.secret(ctx, "keystore passphrase")
		return []byte(p), err
	}
	a.ui.note("a new encrypted keystore is made; its passphrase cannot be recovered")
	first, err := a.secret(ctx, "new keystore passphrase")
	if err != nil {
		return nil, err
	}
	second, err := a.secret(ctx, "the same passphrase again")
	if err == nil && first != second {
		err = errors.New("the two passphrases differ")
	}
	return []byte(first), err
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
	return term.Ask(ctx, term.Prompt{Text: "awsexec: " + text, Secret: secret})
}

// confirm asks for a yes.
func (a *app) confirm(ctx context.Context, question string) error {
	answer, err := a.ask(ctx, question+" [y/N] ", false)
	if err != nil {
		return err
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

// helperEnv is the environment of a helper program that is started while the profiles of path are being resolved.
func (a *app) helperEnv(path []string) []string {
	env := make([]string, 0, len(a.environ)+1)
	for _, kv := range a.environ {
		name, _, _ := strings.Cut(kv, "=")
		switch variable(name) {
		case "AWSEXEC_PASSPHRASE", "AWSEXEC_MFA_CODE", chainVar:
		default:
			env = append(env, kv)
		}
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
