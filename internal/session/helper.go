package session

import (
	"bytes"
	"context"
	"fmt"
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

// TokenCode returns a code from the mfa_process of the profiles on the way, from
// AWSEXEC_MFA_CODE, from the keystore if mfa_totp says so, or from the user.
func (h *helper) TokenCode(ctx context.Context, r provider.TokenRequest) (provider.TokenCode, error) {
	s := h.session
	if command := mfaProcess(r.Way); command != "" {
		stderr, end := s.watch("for mfa_process")
		code, err := term.RunMFAProcess(ctx, command, s.settings.HelperEnviron(append(s.settings.Chain(), h.profile.Name)), stderr)
		return provider.TokenCode{Code: code, Origin: provider.FromProgram}, withSaid(err, end())
	}
	if code := s.settings.Env("AWSEXEC_MFA_CODE"); code != "" {
		return provider.TokenCode{Code: code, Origin: provider.FromFixed}, nil
	}
	if usesTOTP(r.Way) {
		code, err := s.totpCode(ctx, r.Key)
		return provider.TokenCode{Code: code, Origin: provider.FromProgram}, err
	}
	code, err := s.Person.code(ctx, r)
	if err == nil {
		h.mu.Lock()
		h.device = r.Serial
		h.mu.Unlock()
	}
	return provider.TokenCode{Code: code, Origin: provider.FromHuman}, err
}

// withSaid returns err with what the program said about it, if it is known.
func withSaid(err error, said string) error {
	if err == nil || said == "" {
		return err
	}
	return fmt.Errorf("%w; it said: %s", err, said)
}

// asked returns the MFA device whose code the user gave last, "" if nobody was
// asked.
func (h *helper) asked() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.device
}

// mfaProcess returns the first mfa_process of the profiles that lead to a call; "" if
// none has one.
func mfaProcess(way []*profile.Profile) string {
	for _, p := range way {
		if p.MFAProcess != "" {
			return p.MFAProcess
		}
	}
	return ""
}

// Process runs the credential_process of another tool.
func (h *helper) Process(ctx context.Context, command string, path []string) (aws.Credentials, error) {
	stderr, end := h.session.watch("for the credential_process of profile " + path[len(path)-1])
	out, err := term.RunProcess(ctx, command, h.session.settings.HelperEnviron(path), stderr)
	if err = withSaid(err, end()); err != nil {
		return aws.Credentials{}, err
	}
	defer clear(out)
	return processfmt.Decode(bytes.NewReader(out))
}
