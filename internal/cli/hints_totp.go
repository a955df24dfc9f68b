package cli

import (
	"cmp"
	"errors"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/totp"
)

// hintOfTOTP returns the hint for a TOTP secret beside a key.
func hintOfTOTP(err error, a *advisor, name string) string {
	var none *session.NoTOTPError
	var exists *totpExistsError
	var left *leftDeviceError
	var other *custody.OtherTOTPError
	var stale *otherTOTPError
	api, isAPI := errors.AsType[smithy.APIError](err)
	switch {
	case errors.As(err, &left):
		return "see whether the user has it: " + a.line(a.kept([]string{"keystore", "region"}), []string{"-p", left.key, "--no-session", "--", "aws", "iam", "list-mfa-devices"}) +
			"\nif not, remove the secret: " + a.command("mfa remove", left.key)
	case errors.As(err, &none) && none.Key == "":
		return "take the key into the keystore: awsexec import"
	case errors.As(err, &none):
		return "store one: " + a.command("mfa add", none.Key)
	case errors.As(err, &exists):
		return "remove it first: " + a.command("mfa remove", exists.name)
	case errors.As(err, &other):
		return "put the key and its secret in its place: " + a.again("--force")
	case errors.As(err, &stale):
		return "if that is another user: " + a.command("mfa remove", stale.name)
	case errors.As(err, new(*shortTOTPError)):
		return "those that AWS makes are longer: if you can, register a new device"
	case errors.Is(err, totp.ErrSecret):
		return "the AWS console shows it as text, under the QR code"
	case isAPI && api.ErrorCode() == "EntityAlreadyExists":
		return "give the device another name: " + a.command("mfa add", name, "--new", "--device", "NAME")
	}
	return ""
}

// hintOfRemovedTOTP says how to take a device from its user.
func hintOfRemovedTOTP(name string, a *advisor) string {
	device := cmp.Or(a.serial(name), "ARN")
	return "to take it from its user: " + a.line(a.kept([]string{"keystore", "region"}), []string{"-p", name, "--no-session", "--", "aws", "iam", "deactivate-mfa-device", "--user-name", "USER", "--serial-number", device})
}
