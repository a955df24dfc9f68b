package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/totp"
	"github.com/awsexec/awsexec/keystore"
)

// mfaCmd are the commands about the TOTP secrets beside the keys.
type mfaCmd struct {
	Add    mfaAddCmd    `cmd:"" help:"Keep the TOTP secret of an MFA device beside a key." heeds:"profile,region,keystore,no-prompt,debug"`
	Remove mfaRemoveCmd `cmd:"" help:"Remove that secret." heeds:"profile,keystore,debug"`
}

// mfaAddCmd keeps the secret of an MFA device.
type mfaAddCmd struct {
	Name        string `arg:"" complete:"key" optional:"" help:"Name of the key."`
	Stdin       bool   `xor:"from" help:"Take the secret from standard input."`
	New         bool   `xor:"from" help:"Have IAM make a new virtual device for the user."`
	Device      string `placeholder:"ARN|NAME" help:"The device: its ARN; with --new, the name it gets." detail:"Without it, the ARN is mfa_serial of the profile, and the name that of the IAM user."`
	WriteConfig bool   `help:"Write the lines into the AWS config file."`
}

func (c *mfaAddCmd) about() (name *string, needed bool) { return &c.Name, true }

func (c *mfaAddCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing, stdin io.Reader) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	config, err := sess.Config()
	if err != nil {
		return err
	}
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	if _, err := keys.KeyID(ctx, c.Name); err != nil {
		return err
	}
	p, err := config.With(c.Name).Profile(c.Name)
	if err != nil {
		return err
	}
	if c.Device != "" && !c.New {
		if err := checkDevice(c.Device); err != nil {
			return usageError{"--device: " + err.Error(), ""}
		}
	}
	serial := c.Device
	if serial == "" {
		serial = p.MFASerial
	}
	if c.WriteConfig && !c.New && serial == "" {
		return usageError{"--write-config needs the device, since the profile has no mfa_serial", "awsexec mfa add NAME --device ARN --write-config"}
	}
	release, err := newCustody(sess, out, timing).LockKey(ctx, c.Name)
	if err != nil {
		return err
	}
	defer release()
	err = rightPassphrase(settings, out, func() error {
		defer sess.WaitForKeys()()
		_, err := keys.TOTP(ctx, c.Name)
		return err
	})
	switch {
	case err == nil:
		return &totpExistsError{c.Name}
	case !errors.Is(err, keystore.ErrNotFound):
		return err
	}
	if c.New {
		serial, err = c.register(ctx, settings, sess, out, p)
	} else {
		err = c.take(ctx, settings, sess, out, stdin)
	}
	if err != nil {
		return err
	}
	out.note("the TOTP secret of %q is in %s, beside the key: both factors are in one place now", c.Name, keys)
	return c.setUp(ctx, settings, out, p, serial)
}

// take stores the secret that the user gives.
func (c *mfaAddCmd) take(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, stdin io.Reader) error {
	var secret []byte
	var err error
	if c.Stdin {
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(stdin, readfile.MaxOwn)); err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
		defer clear(data)
		secret, err = totp.Parse(string(data))
	} else {
		_, err = asker{settings, sess, out, "mfa add"}.until(ctx, "TOTP secret, in base32 or an otpauth:// URL: ", true, func(answer string) (err error) {
			secret, err = totp.Parse(answer)
			return err
		})
	}
	if err != nil {
		return notStored(ctx, err)
	}
	defer clear(secret)
	if len(secret) < totp.Recommended {
		out.Warn(&shortTOTPError{8 * len(secret)})
	}
	defer sess.WaitForKeys()()
	return sess.Opened().PutTOTP(ctx, c.Name, secret)
}

// setUp writes what the profile needs into the AWS config file, or prints it.
func (c *mfaAddCmd) setUp(ctx context.Context, settings *session.Settings, out *ui, p *profile.Profile, serial string) error {
	if p.MFASerial != "" && serial != p.MFASerial {
		out.note("mfa_serial of profile %q is another device, %s: change it to %s", p.Name, p.MFASerial, serial)
	}
	lines := []awsfiles.Setting{{Key: "mfa_serial", Value: serial}, {Key: "mfa_totp", Value: "keystore"}}
	if c.WriteConfig {
		return editConfig(ctx, settings, out, func(old []byte) ([]byte, bool, error) {
			return awsfiles.AddSettings(old, settings.Files.Config, p.Name, lines)
		})
	}
	if p.MFASerial == serial && serial != "" && p.MFATOTP {
		return nil
	}
	if serial == "" {
		lines[0].Value = "arn:aws:iam::ACCOUNT:mfa/DEVICE"
	}
	out.note("to use it, put this into the profile in %s:", settings.Files.Config)
	page := out.page(0)
	for _, l := range lines {
		page.line("%s = %s", l.Key, l.Value)
	}
	return out.print(page)
}

// mfaRemoveCmd removes the secret of an MFA device.
type mfaRemoveCmd struct {
	Name string `arg:"" complete:"key" optional:"" help:"Name of the key."`
}

func (c *mfaRemoveCmd) about() (name *string, needed bool) { return &c.Name, true }

func (c *mfaRemoveCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	if _, err := keys.KeyID(ctx, c.Name); err != nil {
		return err
	}
	release, err := newCustody(sess, out, timing).LockKey(ctx, c.Name)
	if err != nil {
		return err
	}
	defer release()
	err = rightPassphrase(settings, out, func() error {
		defer sess.WaitForKeys()()
		return keys.RemoveTOTP(ctx, c.Name)
	})
	if errors.Is(err, keystore.ErrNotFound) {
		return &session.NoTOTPError{Key: c.Name}
	}
	if err != nil {
		return err
	}
	out.note("the TOTP secret of %q is removed; at AWS the device is still registered", c.Name)
	out.advise(hintOfRemovedTOTP(c.Name, out.adv))
	return nil
}

// totpExistsError reports that a key has a TOTP secret already.
type totpExistsError struct{ name string }

func (e *totpExistsError) Error() string {
	return fmt.Sprintf("key %q has a TOTP secret already", e.name)
}

// shortTOTPError warns of a secret that is easier to guess than it should be.
type shortTOTPError struct{ bits int }

func (e *shortTOTPError) Error() string {
	return fmt.Sprintf("the TOTP secret has %d bits, and RFC 4226 wants %d", e.bits, 8*totp.Recommended)
}
