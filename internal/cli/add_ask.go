package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/keyinput"
	"github.com/awsexec/awsexec/internal/lazyregexp"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// askTries is how often a person is asked for the same thing.
const askTries = 3

// asker is what the questions of a command need.
type asker struct {
	settings *session.Settings
	sess     *session.Session
	out      *ui
	command  string // that asks
}

// until repeats a question until check takes the answer, askTries times at most.
func (a asker) until(ctx context.Context, question string, secret bool, check func(answer string) error) (string, error) {
	for try := 1; ; try++ {
		answer, err := a.sess.Person.Ask(ctx, question, secret)
		if err != nil {
			return "", unasked(err, a.command)
		}
		answer = strings.TrimSpace(answer)
		if err = check(answer); err == nil || try == askTries {
			return answer, err
		}
		a.out.note("%v; try again", err)
	}
}

// chooseName asks for the name of the key unless it is given. The error is that of a
// name that has a key already, unless it is to be replaced.
func (c *addCmd) chooseName(ctx context.Context, a asker) error {
	if c.Name != "" {
		if err := keystore.CheckName(c.Name); err != nil {
			return usageError{err.Error(), ""}
		}
		return c.checkFree(ctx, a, c.Name)
	}
	suggested, question := a.suggestName(ctx), "name of the profile"
	if suggested != "" {
		question += " [" + suggested + "]"
	}
	name, err := a.until(ctx, question+": ", false, func(name string) error {
		name = cmp.Or(name, suggested)
		return cmp.Or(keystore.CheckName(name), c.checkFree(ctx, a, name))
	})
	if session.Unasked(err) {
		return noNameError("add")
	}
	if err != nil {
		return err
	}
	c.Name = cmp.Or(name, suggested)
	a.settings.Profile = c.Name
	return nil
}

// checkFree returns an error if the keystore has a key under name that is not to be
// replaced, or if it cannot be told.
func (c *addCmd) checkFree(ctx context.Context, a asker, name string) error {
	var old string
	err := rightPassphrase(a.settings, a.out, func() (err error) {
		old, err = lookUp(ctx, a.settings, a.sess, a.out, name)
		return err
	})
	switch {
	case err == nil && !c.Force:
		return &custody.ExistsError{Name: name, KeyID: old}
	case errors.Is(err, keystore.ErrCorrupt) && c.Force && a.sess.Opened().Kind() != keystore.KindFile: // it is replaced
	case err != nil && !errors.Is(err, keystore.ErrNotFound):
		return err
	}
	return nil
}

// suggestName returns the profile that the environment selects, or "default", if
// that has no key; else "".
func (a asker) suggestName(ctx context.Context) string {
	name := profile.Name("", a.settings.Env)
	keys, err := a.sess.Keys()
	if err == nil {
		_, err = keys.KeyID(ctx, name)
	}
	if err == nil || keystore.CheckName(name) != nil {
		return ""
	}
	return name
}

// askKey asks for the secret of a key, and for its id unless that is known. If
// lenient is true, they may be those of another service than AWS.
func (a asker) askKey(ctx context.Context, id string, lenient bool) (key aws.Credentials, err error) {
	check := func(of func(string) error) func(string) error {
		return func(answer string) error {
			err := of(answer)
			shape, foreign := errors.AsType[*keyinput.ShapeError](err)
			switch {
			case foreign && lenient:
				return nil
			case foreign:
				return &foreignKeyError{shape, ""}
			}
			return err
		}
	}
	if id == "" {
		if id, err = a.until(ctx, "access key id: ", false, check(keyinput.CheckID)); err != nil {
			return aws.Credentials{}, err
		}
	}
	secret, err := a.until(ctx, "secret access key: ", true, check(keyinput.CheckSecret))
	return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, err
}

// askSettings asks for the region and the MFA device that the profile lacks.
func (a *addition) askSettings(ctx context.Context) (err error) {
	if a.profile.Region == "" && a.settings.Region == "" {
		if a.setUp.region, err = a.askRegion(ctx, a.setUp.foreign); err != nil {
			return err
		}
	}
	if a.profile.MFASerial == "" && !a.configured() && !a.setUp.foreign {
		a.setUp.serial, err = a.askDevice(ctx)
	}
	return err
}

var regionForm = lazyregexp.New(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

// askRegion asks for a region. The answer may be empty.
func (a asker) askRegion(ctx context.Context, anyForm bool) (string, error) {
	env := a.settings.Env
	usual, question := cmp.Or(env("AWS_REGION"), env("AWS_DEFAULT_REGION")), "AWS region, such as eu-west-1 (Enter for none): "
	if usual != "" {
		question = "AWS region [" + usual + "]: "
	}
	region, err := a.until(ctx, question, false, func(answer string) error {
		if answer != "" && !anyForm && !regionForm().MatchString(answer) {
			return fmt.Errorf("invalid region %q: it is written like eu-west-1", answer)
		}
		return nil
	})
	return cmp.Or(region, usual), err
}

// askDevice asks which MFA device sessions are to need a code of; "" for none. It
// shows those of the user if IAM tells.
func (a *addition) askDevice(ctx context.Context) (string, error) {
	devices, err := a.devices(ctx)
	if err != nil {
		a.out.Debug("MFA devices: %v", err)
		return a.until(ctx, "ARN of the user's MFA device (Enter for none): ", false, func(answer string) error {
			if answer == "" {
				return nil
			}
			return checkDevice(answer)
		})
	}
	usable := slices.DeleteFunc(slices.Clone(devices), provider.IsFIDO)
	if len(usable) < len(devices) {
		a.out.note("the user has a passkey or security key; AWS STS takes the codes of authenticator apps and hardware tokens only")
	}
	if len(usable) == 0 {
		return "", nil
	}
	a.out.note("MFA devices of the user:")
	for i, serial := range usable {
		a.out.note("  %d  %s", i+1, serial)
	}
	picked := ""
	_, err = a.until(ctx, "MFA device for sessions, by its number, or none [1]: ", false, func(answer string) (err error) {
		picked, err = pickDevice(usable, answer)
		return err
	})
	return picked, err
}

// devices returns the user's MFA devices.
func (a *addition) devices(ctx context.Context) ([]string, error) {
	if a.who.ARN == "" {
		return nil, errors.New("AWS was not asked whose the key is")
	}
	client, err := a.sess.Client(a.profile)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, ageLimit)
	defer cancel()
	defer a.out.Waiting("for AWS IAM")()
	return client.IAM(a.key).MFADevices(ctx)
}

// pickDevice returns the device that an answer means: a number, none, or the device
// itself.
func pickDevice(devices []string, answer string) (string, error) {
	switch strings.ToLower(answer) {
	case "", "y", "yes":
		return devices[0], nil
	case "none", "no", "n", "-", "0":
		return "", nil
	}
	if n, err := strconv.Atoi(answer); err == nil && len(answer) < 3 {
		if n < 1 || n > len(devices) {
			return "", fmt.Errorf("no device %d: a number from 1 to %d, or none", n, len(devices))
		}
		return devices[n-1], nil
	}
	return answer, checkDevice(answer)
}

var (
	deviceForm = lazyregexp.New(`^arn:aws[a-z-]*:iam::[0-9]{12}:mfa/[\w+=,.@/-]+$`)
	serialForm = lazyregexp.New(`^[A-Za-z0-9]{9,256}$`) // of a hardware token
)

// checkDevice returns an error if serial cannot be the serial number of an MFA
// device that shows codes.
func checkDevice(serial string) error {
	switch {
	case provider.IsFIDO(serial):
		return provider.ErrFIDO
	case !deviceForm().MatchString(serial) && !serialForm().MatchString(serial):
		return fmt.Errorf("invalid MFA device %q: it is written like arn:aws:iam::123456789012:mfa/NAME, or is the serial number of a hardware token", serial)
	}
	return nil
}
