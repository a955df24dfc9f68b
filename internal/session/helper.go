package session

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/processfmt"
)

// helper gets what a profile needs from the user and from other programs. It
// implements provider.Helper.
type helper struct {
	session *Session
	profile *profile.Profile

	mu     sync.Mutex
	device string // whose code the user gave last; "" if nobody was asked
}

// TokenCode returns a code from the profile's mfa_process, from
// AWSEXEC_MFA_CODE, or from the user.
func (h *helper) TokenCode(ctx context.Context, r provider.TokenRequest) (provider.TokenCode, error) {
	s := h.session
	if command := mfaProcess(h.profile); command != "" {
		defer s.events.Waiting("for mfa_process")()
		code, err := term.RunMFAProcess(ctx, command, s.settings.HelperEnviron(append(s.settings.Chain(), h.profile.Name)), s.helperErr)
		return provider.TokenCode{Code: code, Origin: provider.FromProgram}, err
	}
	if code := s.settings.Env("AWSEXEC_MFA_CODE"); code != "" {
		return provider.TokenCode{Code: code, Origin: provider.FromFixed}, nil
	}
	code, err := s.Person.code(ctx, r)
	if err == nil {
		h.mu.Lock()
		h.device = r.Serial
		h.mu.Unlock()
	}
	return provider.TokenCode{Code: strings.TrimSpace(code), Origin: provider.FromHuman}, err
}

// asked returns the MFA device whose code the user gave last, "" if nobody was
// asked.
func (h *helper) asked() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.device
}

// mfaProcess returns the mfa_process of p, or else that of the nearest of its source
// profiles.
func mfaProcess(p *profile.Profile) string {
	for ; p != nil; p = p.Source {
		if p.MFAProcess != "" {
			return p.MFAProcess
		}
	}
	return ""
}

// Process runs the credential_process of another tool.
func (h *helper) Process(ctx context.Context, command string, path []string) (aws.Credentials, error) {
	out, err := term.RunProcess(ctx, command, h.session.settings.HelperEnviron(path), h.session.helperErr)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer clear(out)
	return processfmt.Decode(bytes.NewReader(out))
}
