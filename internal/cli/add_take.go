package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/keyinput"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/term"
)

// addition is a key that is being added, and what is found out about it.
type addition struct {
	asker
	cmd       *addCmd
	profile   *profile.Profile
	elsewhere string // the endpoint of another service than AWS that the profile uses; "" for none

	key   aws.Credentials
	who   awsapi.Identity // zero if AWS was not asked
	last  string          // the id of the key that it replaces; "" for none
	owner string          // the ARN of that key's user; "" if it is not known
	setUp profileSetUp
	write bool // the profile is to be written

	unreached error // why the AWS SDKs will not ask awsexec for the key; nil if they will
}

// take gets the key, checks it and stores it. A person is asked everything before
// anything is stored, and again for what was mistyped.
func (a *addition) take(ctx context.Context, into custody.Custody, stdin io.Reader) error {
	for try := 1; ; try++ {
		err := a.read(ctx, stdin)
		if err != nil {
			return err
		}
		settled := false
		err = rightPassphrase(a.settings, a.out, func() error {
			remains, err := into.Add(ctx, a.cmd.Name, a.key, a.cmd.Force, func(ctx context.Context) error {
				if settled { // the passphrase was wrong
					return nil
				}
				if err := a.verify(ctx); err != nil {
					return err
				}
				a.remember(ctx, into)
				err := a.settle(ctx)
				settled = err == nil
				return err
			})
			if err == nil {
				a.out.warnOfRemains(remains)
			}
			return err
		})
		if !a.cmd.asks() || try == askTries || !a.mistyped(err) {
			return err
		}
	}
}

// read gets the key from where the flags say, or from the person at the terminal.
func (a *addition) read(ctx context.Context, stdin io.Reader) (err error) {
	switch c := a.cmd; {
	case c.Env:
		a.key, err = keyinput.FromEnv(a.settings.Env)
	case c.Stdin:
		a.key, err = keyinput.FromReader(stdin)
	case c.CSV != "":
		a.key, err = keyinput.FromCSV(c.CSV)
	default:
		a.key, err = a.askKey(ctx, a.key.AccessKeyID, a.lenient())
	}
	if err != nil {
		return err
	}
	err = keyinput.Check(a.key)
	shape, foreign := errors.AsType[*keyinput.ShapeError](err)
	switch {
	case foreign && a.lenient():
		a.out.Warn(&foreignKeyError{shape, a.elsewhere})
	case foreign:
		return &foreignKeyError{shape, ""}
	case err != nil:
		return err
	}
	a.setUp.foreign = foreign
	if foreign && !a.configured() {
		a.setUp.command = a.out.adv.processFor(a.cmd.Name, true)
	}
	return nil
}

// newSetUp returns how the profile is set up as far as the command line says.
func (a *addition) newSetUp() profileSetUp {
	s := profileSetUp{name: a.cmd.Name, command: a.out.adv.process(a.cmd.Name)}
	if a.configured() {
		s.command = a.profile.CredentialProcess
	}
	if a.profile.Region == "" {
		s.region = a.settings.Region
	}
	return s
}

// configured reports whether the profile leads to awsexec already.
func (a *addition) configured() bool {
	return profile.IsProcessOf(a.profile.CredentialProcess, a.settings.Self, a.profile.Name)
}

// lenient reports whether the key may be one of another service than AWS.
func (a *addition) lenient() bool {
	return a.elsewhere != "" || a.cmd.NoVerify || a.cmd.Force && !a.cmd.asks()
}

// foreignKeyError is about a key that does not look like one of AWS.
type foreignKeyError struct {
	*keyinput.ShapeError
	endpoint string // of the service that it seems to be for; "" if that is not known
}

func (e *foreignKeyError) Unwrap() error { return e.ShapeError }

func (e *foreignKeyError) Error() string {
	if e.endpoint == "" {
		return e.ShapeError.Error()
	}
	return fmt.Sprintf("this is no key of AWS, which is not asked whose it is; the profile uses %s", e.endpoint)
}

// verify asks AWS whose the key is. AWS does not know those of other services.
func (a *addition) verify(ctx context.Context) (err error) {
	if a.cmd.NoVerify || a.setUp.foreign {
		return nil
	}
	if a.who, err = owner(a.sess, a.out)(ctx, a.profile, a.key); err != nil {
		return &custody.UnverifiedError{Err: err}
	}
	a.out.tellOwner(a.key.AccessKeyID, a.who)
	return nil
}

// remember notes which key is about to be replaced, and whose it is.
func (a *addition) remember(ctx context.Context, into custody.Custody) {
	id, err := into.Keys.KeyID(ctx, a.cmd.Name)
	if err == nil && id != a.key.AccessKeyID {
		a.last, a.owner = id, facts{a.sess, a.settings, a.out}.of()[id].ARN
	}
}

// warnOfTOTP warns if the TOTP secret beside the key may be of another user, whose key
// was replaced. It stays, as it may be the only copy.
func (a *addition) warnOfTOTP(ctx context.Context) {
	if a.last == "" || a.owner != "" && a.owner == a.who.ARN {
		return
	}
	secret, err := a.sess.Opened().TOTP(ctx, a.cmd.Name)
	clear(secret)
	if err == nil {
		a.out.Warn(&otherTOTPError{a.cmd.Name, a.owner})
	}
}

// otherTOTPError warns of a TOTP secret that may be of another user than its key.
type otherTOTPError struct{ name, owner string }

func (e *otherTOTPError) Error() string {
	of := "the user of the earlier key"
	if e.owner != "" {
		of = e.owner
	}
	return fmt.Sprintf("the TOTP secret beside %q is still that of %s", e.name, of)
}

// mistyped reports whether AWS has refused what a person typed with err, says so,
// and drops that part of the key.
func (a *addition) mistyped(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || !awsapi.Refused(err) {
		return false
	}
	switch api.ErrorCode() {
	case "InvalidClientTokenId":
		a.key = aws.Credentials{}
		a.out.note("AWS does not know this access key id, or it is switched off; try again")
	case "SignatureDoesNotMatch":
		if isClock(api) {
			return false
		}
		a.key.SecretAccessKey = ""
		a.out.note("AWS says that this secret does not belong to the access key id; try again")
	default:
		return false
	}
	return true
}

// isClock reports whether a signature is refused because of this machine's clock.
func isClock(err smithy.APIError) bool {
	return strings.Contains(err.ErrorMessage(), "Signature expired") || strings.Contains(err.ErrorMessage(), "not yet current")
}

// settle finds out how the profile is to be set up, and whether that is to be
// written.
func (a *addition) settle(ctx context.Context) error {
	if err := stillInFile(a.profile, a.key); err != nil {
		a.out.Warn(err)
	}
	a.write = a.cmd.WriteConfig
	if !a.cmd.asks() || a.unreached != nil {
		return nil
	}
	if err := a.askSettings(ctx); err != nil {
		return err
	}
	change, err := a.setUp.change(a.settings)
	switch {
	case err != nil && !a.write:
		a.unreached = err
		a.out.Warn(&unreachedError{a.cmd.Name, err})
		return nil
	case err != nil || change == nil:
		return err
	}
	if err := printChange(a.out, change); err != nil || a.write {
		return err
	}
	a.write, err = a.sess.Person.Agree(ctx, fmt.Sprintf("write this to %s?", a.out.tildeOn(true, a.settings.Files.Config)))
	return err
}

// notStored says of the end of a question that nothing was stored.
func notStored(ctx context.Context, err error) error {
	_, unverified := errors.AsType[*custody.UnverifiedError](err)
	ended := ctx.Err() != nil || errors.Is(err, term.ErrCancelled) || errors.Is(err, term.ErrEOF)
	if err == nil || unverified || !ended {
		return err
	}
	return fmt.Errorf("nothing was stored: %w", cmp.Or(context.Cause(ctx), err))
}
