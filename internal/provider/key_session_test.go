package provider

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

// AWS lets a session call IAM if it was made with MFA.
func TestIAMWithSessions(t *testing.T) {
	server := startSTS(t)
	o := options(t, server)
	codes := &codes{answers: []TokenCode{{Code: ststest.TOTP(seed, o.Now())}}}
	o.Helper = &helper{code: codes.get}
	for serial, want := range map[string]string{"": "InvalidClientTokenId", device: ""} {
		// What else the profile has is not about its key.
		p := &profile.Profile{Name: "work", MFASerial: serial, RoleARN: "arn:aws:iam::123456789012:role/r", Duration: 1}
		from, err := KeySession(t.Context(), p, o.Parts, o.Flags)
		if err != nil {
			t.Fatal(err)
		}
		session, err := from.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.Client.IAM(session).AccessKeys(t.Context())
		var api smithy.APIError
		if errors.As(err, &api) != (want != "") || want != "" && api.ErrorCode() != want {
			t.Errorf("device %q: %v", serial, err)
		}
	}
	if _, err := KeySession(t.Context(), &profile.Profile{Name: "work", MFASerial: "arn:aws-cn:iam::123456789012:mfa/alice"}, o.Parts, o.Flags); err == nil {
		t.Error("an MFA device of another partition was taken")
	}
}
