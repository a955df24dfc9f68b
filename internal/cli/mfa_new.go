package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/totp"
)

// register has IAM make a virtual device for the user of the key, and returns its
// serial number.
func (c *mfaAddCmd) register(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, p *profile.Profile) (serial string, err error) {
	keys := sess.Opened()
	key, err := keys.Get(ctx, c.Name)
	if err != nil {
		return "", err
	}
	who, err := owner(sess, out)(ctx, p, key)
	if err != nil {
		return "", err
	}
	_, path, isUser := strings.Cut(who.ARN, ":user/")
	if !isUser {
		return "", fmt.Errorf("key %q belongs to %s: IAM registers devices for its users alone", c.Name, who.ARN)
	}
	client, err := sess.Client(p)
	if err != nil {
		return "", err
	}
	r := registration{iam: client.IAM(key), keys: keys, key: c.Name, user: path[strings.LastIndexByte(path, '/')+1:], device: c.Device, out: out, now: settings.Now}
	r.wait = func(ctx context.Context, d time.Duration) error { return wait(ctx, codeWait*d) }
	r.used = func(ctx context.Context, serial, code string) error {
		memory, err := sess.Cache()
		if err != nil {
			return err
		}
		return memory.RememberCode(ctx, serial, code, settings.Now())
	}
	return r.run(ctx)
}

// wait waits for d, or until ctx ends; the error is then its cause.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// undoLimit bounds what is undone after ctx has ended.
const undoLimit = 10 * time.Second

// registration registers a new virtual device.
type registration struct {
	iam interface {
		CreateVirtualMFADevice(ctx context.Context, name string) (awsapi.VirtualDevice, error)
		EnableMFADevice(ctx context.Context, user, serial, first, second string) error
		DeleteVirtualMFADevice(ctx context.Context, serial string) error
	}
	keys interface {
		PutTOTP(ctx context.Context, name string, secret []byte) error
		RemoveTOTP(ctx context.Context, name string) error
	}
	key    string // its name
	user   string
	device string // the name of the device; "" for that of the user
	out    *ui

	now  func() time.Time
	wait func(ctx context.Context, d time.Duration) error
	used func(ctx context.Context, serial, code string) error // remembers a code
}

// run makes the device, stores its secret, and enables it. If that fails, the device
// and the secret are removed again, unless AWS may need the secret.
func (r registration) run(ctx context.Context) (serial string, err error) {
	name := r.device
	if name == "" {
		name = r.user
	}
	made, err := r.create(ctx, name)
	if err != nil {
		return "", err
	}
	secret, err := totp.Parse(made.Secret)
	defer clear(secret)
	if err == nil {
		err = r.keys.PutTOTP(ctx, r.key, secret) // before: a device whose secret is lost locks its user out
	}
	if err == nil {
		err = r.enable(ctx, made.Serial, secret)
	}
	if err != nil {
		return "", r.undo(ctx, made.Serial, err)
	}
	r.out.note("MFA device %s is registered", made.Serial)
	return made.Serial, nil
}

func (r registration) create(ctx context.Context, name string) (awsapi.VirtualDevice, error) {
	defer r.out.Waiting("for AWS IAM")()
	return r.iam.CreateVirtualMFADevice(ctx, name)
}

// enable sends the code of now, and that of the next window when that has begun.
func (r registration) enable(ctx context.Context, serial string, secret []byte) error {
	began := r.now()
	first, second := totp.Code(secret, began), totp.Code(secret, began.Add(totp.Window))
	done := r.out.Waiting("for the next MFA code")
	err := r.wait(ctx, totp.Left(began))
	done()
	if err != nil {
		return err
	}
	defer r.out.Waiting("for AWS IAM")()
	if err := r.iam.EnableMFADevice(ctx, r.user, serial, first, second); err != nil {
		return err
	}
	for _, code := range []string{first, second} {
		if err := r.used(ctx, serial, code); err != nil {
			r.out.Debug("the MFA code is not remembered as used: %v", err)
		}
	}
	return nil
}

// undo removes the device, and then the secret. IAM does not delete a device that is
// enabled after all.
func (r registration) undo(ctx context.Context, serial string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if err := r.iam.DeleteVirtualMFADevice(ctx, serial); err != nil {
		r.out.Debug("undo: %v", err)
		return &leftDeviceError{r.key, serial, cause}
	}
	if err := r.keys.RemoveTOTP(ctx, r.key); err != nil {
		r.out.Debug("undo: %v", err)
	}
	return cause
}

// leftDeviceError reports that a device is left at AWS, which may be enabled.
type leftDeviceError struct {
	key, serial string
	err         error
}

func (e *leftDeviceError) Error() string {
	return fmt.Sprintf("MFA device %s is left at AWS, and may be enabled: %v", e.serial, e.err)
}

func (e *leftDeviceError) Unwrap() error { return e.err }
