package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// addCmd stores a long-term access key.
type addCmd struct {
	Name        string `arg:"" help:"Name for the key: that of the AWS profile that is to use it."`
	Env         bool   `xor:"from" help:"Take the key from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`
	Stdin       bool   `xor:"from" help:"Read the key from standard input: the id and the secret on two lines, or JSON as the AWS CLI prints it."`
	CSV         string `xor:"from" name:"csv" placeholder:"FILE" help:"Read the key from the file that the AWS console lets one download."`
	NoVerify    bool   `help:"Do not ask AWS whose key this is."`
	Force       bool   `help:"Replace the key that is there under this name."`
	WriteConfig bool   `help:"Add the profile's credential_process line to the AWS config file."`
}

func (c *addCmd) about() string { return c.Name }

func (c *addCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing, stdin io.Reader) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	if err := keystore.CheckName(c.Name); err != nil {
		return usageError{err.Error(), ""}
	}
	config, err := sess.Config()
	if err != nil {
		return err
	}
	p, err := config.With(c.Name).Profile(c.Name)
	if err != nil {
		return err
	}
	keys, old, err := lookUp(ctx, settings, sess, out, c.Name)
	switch {
	case err == nil && !c.Force:
		return existsError{c.Name, old}
	case err != nil && !errors.Is(err, keystore.ErrNotFound):
		return err
	}
	key, err := c.read(ctx, settings, sess, stdin)
	if err != nil {
		return err
	}
	if err := checkKey(key); err != nil {
		return err
	}
	identity, err := c.store(ctx, sess, out, timing, p, key)
	if err != nil {
		return err
	}
	out.note("key %s is stored as %q in %s", visible.KeyID(key.AccessKeyID), c.Name, keys)
	if c.CSV != "" {
		out.advise("the key is still in clear in " + c.CSV + ": delete that file")
	}
	return c.configure(ctx, settings, out, p, key, identity)
}

// store asks AWS whose key it is and stores it, while nobody else changes what is under the name or deletes the key. What a
// person saw of the name before is looked at again.
func (c *addCmd) store(ctx context.Context, sess *session.Session, out *ui, timing timing, p *profile.Profile, key aws.Credentials) (identity awsapi.Identity, err error) {
	keys := sess.Opened()
	release, err := keyLocks{keys, timing.lockPatience}.lockForStoring(ctx, c.Name, key.AccessKeyID)
	if err != nil {
		return identity, err
	}
	defer release()
	old, err := keys.KeyID(ctx, c.Name)
	switch {
	case err == nil && !c.Force:
		return identity, existsError{c.Name, old}
	case err != nil && !errors.Is(err, keystore.ErrNotFound):
		return identity, err
	}
	if !c.NoVerify {
		if identity, err = verify(ctx, sess, out, p, key); err != nil {
			return identity, err
		}
	}
	return identity, put(ctx, sess, out, c.Name, key, old)
}

// put stores key under name, in place of the one with the id old, if there is one, and of what is left of that one's rotation. The
// caller has the locks of both.
func put(ctx context.Context, sess *session.Session, out *ui, name string, key aws.Credentials, old string) error {
	defer sess.WaitForKeys()()
	journal, err := rotate.Unfinished(ctx, sess.Opened(), name)
	if err != nil {
		return err
	}
	if err := sess.Opened().Put(ctx, name, key); err != nil {
		return err
	}
	if old != "" {
		forget(sess, out, old)
	}
	if err := sess.Opened().EndRotation(ctx, name); err != nil { // without a journal too: the index may think that there is one
		return err
	}
	out.warnOfRemains(rotate.RemainsOf(journal, key.AccessKeyID))
	return nil
}

// read gets the key from where the flags say, else from the person at the terminal.
func (c *addCmd) read(ctx context.Context, settings *session.Settings, sess *session.Session, stdin io.Reader) (aws.Credentials, error) {
	switch {
	case c.Env:
		return keyFromEnv(settings.Env)
	case c.Stdin:
		return keyFromReader(stdin)
	case c.CSV != "":
		return keyFromCSV(c.CSV)
	}
	id, err := sess.Person.Ask(ctx, "access key id: ", false)
	if err != nil {
		return aws.Credentials{}, unasked(err, "give the id and the secret on two lines of standard input: awsexec add "+quoteWord(c.Name)+" --stdin\n"+
			"or see awsexec add --help for other ways")
	}
	key := aws.Credentials{AccessKeyID: strings.TrimSpace(id)}
	if err := checkKeyID(key.AccessKeyID); err != nil {
		return aws.Credentials{}, err
	}
	secret, err := sess.Person.Ask(ctx, "secret access key: ", true)
	key.SecretAccessKey = strings.TrimSpace(secret)
	return key, err
}

// verify asks AWS whose key it is, and tells.
func verify(ctx context.Context, sess *session.Session, out *ui, p *profile.Profile, key aws.Credentials) (awsapi.Identity, error) {
	client, err := sess.Client(p)
	if err != nil {
		return awsapi.Identity{}, err
	}
	done := out.Waiting("for AWS STS")
	identity, err := client.WhoAmI(ctx, key)
	done()
	if err != nil {
		return awsapi.Identity{}, unverified{err}
	}
	out.note("key %s belongs to %s in account %s", visible.KeyID(key.AccessKeyID), identity.ARN, identity.Account)
	if strings.HasSuffix(identity.ARN, ":root") {
		out.warn(errors.New("this is a key of the account's root user, which can do everything"),
			"AWS advises to have no such key: make an IAM user, and delete this key")
	}
	return identity, nil
}

// configure shows the lines that the AWS config file needs, or writes them.
func (c *addCmd) configure(ctx context.Context, settings *session.Settings, out *ui, p *profile.Profile, key aws.Credentials, identity awsapi.Identity) error {
	if p.Static != nil {
		advice := "delete aws_access_key_id and aws_secret_access_key there"
		if p.Static.Credentials.AccessKeyID == key.AccessKeyID {
			advice = "take it out of the file: awsexec import " + quoteWord(c.Name)
		}
		out.warn(fmt.Errorf("profile %q still has an access key in clear at %s, which the AWS SDKs prefer", c.Name, p.Static.AccessKeyID), advice)
	}
	command := processCommand(settings.Self, c.Name)
	if c.WriteConfig {
		return addProcess(ctx, settings, out, c.Name, command)
	}
	if isProcessOf(settings, p.CredentialProcess, c.Name) {
		return nil // the profile is there already
	}
	serial := "arn:aws:iam::ACCOUNT:mfa/DEVICE"
	if identity.Account != "" {
		partition := strings.SplitN(identity.ARN, ":", 3)[1]
		serial = "arn:" + partition + ":iam::" + identity.Account + ":mfa/DEVICE"
	}
	lines, _, err := profile.AddCredentialProcess(nil, settings.Files.Config, c.Name, command)
	if err != nil {
		return err
	}
	out.note("to use it, put this into %s (or add --write-config):", settings.Files.Config)
	page := out.page(0)
	for line := range strings.Lines(string(lines)) {
		page.line("%s", strings.TrimRight(line, "\r\n"))
	}
	page.line("# region = REGION")
	page.line("# mfa_serial = %s", serial)
	return out.print(page)
}

// existsError says that a name is taken.
type existsError struct{ name, keyID string }

func (e existsError) Error() string {
	return fmt.Sprintf("key %q is there already (%s)", e.name, visible.KeyID(e.keyID))
}

// unverified is a key that AWS did not confirm. Nothing has been stored.
type unverified struct{ error }

func (e unverified) Error() string { return "nothing was stored: " + e.error.Error() }

func (e unverified) Unwrap() error { return e.error }
