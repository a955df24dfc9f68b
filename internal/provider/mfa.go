package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
)

var (
	// ErrNoHuman means that an MFA code is needed and nobody can be asked for it.
	// Errors of a Helper wrap it.
	ErrNoHuman = errors.New("nobody can be asked for an MFA code")

	// ErrFIDO means that the MFA device is a passkey or a security key, which shows
	// no codes. Source: "Using security keys and passkeys" in the IAM User Guide:
	// they cannot be used with operations of STS.
	ErrFIDO = errors.New("it is a passkey or security key, and AWS STS takes codes only")

	// ErrCodeFormat means that an answer is not six digits.
	ErrCodeFormat = errors.New("an MFA code is 6 digits")
	// ErrCodeUsed means that this code was sent to AWS before. AWS accepts each code
	// once.
	ErrCodeUsed = errors.New("this MFA code has been used already; each works once")
	// ErrCodeWrong means that AWS refused the code.
	ErrCodeWrong = errors.New("AWS did not accept this MFA code")
)

// IsFIDO reports whether serial is that of a passkey or a security key.
func IsFIDO(serial string) bool { return strings.Contains(serial, ":u2f/") }

const (
	wrongMost     = 3  // codes that AWS may refuse before this is an error
	malformedMost = 10 // answers that are not even sent

	// window is how long an authenticator shows one code. Source: RFC 6238, and the virtual MFA devices of IAM.
	window = 30 * time.Second
)

// TokenRequest describes what a one-time code is needed for.
type TokenRequest struct {
	Profile string
	Way     []*profile.Profile // that lead to the call, the nearest first
	Serial  string             // of the MFA device
	Key     string             // the name of the stored key that signs the call; "" for one from elsewhere
	Again   error              // why the code before was invalid: ErrCodeFormat, ErrCodeUsed or ErrCodeWrong; nil the first time

	// Despite is the session of the same device that there is already and that
	// does not do; nil if there is none.
	Despite *Unfit
}

// TokenOrigin is where a code came from. It decides what asking again can bring.
type TokenOrigin int

const (
	FromHuman   TokenOrigin = iota // can be asked again, with the reason
	FromProgram                    // gives another code in the next 30-second window
	FromFixed                      // always gives the same code
)

// TokenCode is a one-time code.
type TokenCode struct {
	Code   string
	Origin TokenOrigin
}

// withTokenCode calls call with a one-time code for request, and asks for another
// code as long as that helps. It never sends a code that is not six digits, or that
// was sent before.
func (m *maker) withTokenCode(ctx context.Context, request TokenRequest, call func(ctx context.Context, code string) error) error {
	serial := request.Serial
	if IsFIDO(serial) {
		return fmt.Errorf("MFA device %s of profile %q: %w", serial, request.Profile, ErrFIDO)
	}
	wrong, malformed := 0, 0
	for {
		tc, err := m.Helper.TokenCode(ctx, request)
		if err != nil {
			err = fmt.Errorf("MFA code for %s: %w", serial, err)
			if request.Despite != nil && errors.Is(err, ErrNoHuman) {
				err = fmt.Errorf("%s; %w", request.Despite, err)
			}
			return err
		}
		tc.Code = strings.Join(strings.Fields(tc.Code), "") // authenticators show "123 456"
		if request.Again = m.unfit(ctx, serial, tc.Code); request.Again != nil {
			malformed++
			if tc.Origin == FromProgram && errors.Is(request.Again, ErrCodeUsed) && malformed == 1 {
				if err := m.nextWindow(ctx); err != nil {
					return fmt.Errorf("MFA code for %s: %w", serial, err)
				}
				continue
			}
			if tc.Origin != FromHuman || malformed == malformedMost {
				return fmt.Errorf("MFA code for %s: %w", serial, request.Again)
			}
			continue
		}

		err = call(ctx, tc.Code)
		if awsapi.CodeConsumed(err) {
			if memErr := m.Cache.RememberCode(ctx, serial, tc.Code, m.Now()); memErr != nil {
				m.Events.Debug("the MFA code is not remembered as used: %v", memErr)
			}
		}
		if !awsapi.CodeRefused(err) {
			return err
		}
		wrong++
		if tc.Origin != FromHuman || wrong == wrongMost {
			return fmt.Errorf("%w: %w", ErrCodeWrong, err)
		}
		request.Again = ErrCodeWrong
	}
}

// unfit returns why code must not be sent, or nil.
func (m *maker) unfit(ctx context.Context, serial, code string) error {
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return ErrCodeFormat
	}
	if m.Cache.CodeSent(ctx, serial, code, m.Now()) {
		return ErrCodeUsed
	}
	return nil
}

// nextWindow waits until authenticators show their next code.
func (m *maker) nextWindow(ctx context.Context) error {
	now := m.Now()
	defer m.Events.Waiting("for the next MFA code")()
	return pause(ctx, now.Truncate(window).Add(window).Sub(now))
}

// pause waits for d, or until ctx ends; the error is then its cause.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
