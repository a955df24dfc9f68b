package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/keyfacts"
	"github.com/awsexec/awsexec/internal/keyinput"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// addCmd stores a long-term access key.
type addCmd struct {
	Name        string `arg:"" complete:"profile" optional:"" help:"Name of the AWS profile that uses the key."`
	Env         bool   `xor:"from" help:"Take it from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY."`
	Stdin       bool   `xor:"from" help:"Take it from standard input: two lines, or JSON."`
	CSV         string `xor:"from" name:"csv" placeholder:"FILE" complete:"file" help:"Take it from a file that the AWS console offers."`
	NoVerify    bool   `help:"Do not check the key with AWS."`
	Force       bool   `help:"Replace the key that is stored under this name."`
	WriteConfig bool   `help:"Write the profile into the AWS config file."`
}

func (c *addCmd) about() (name *string, needed bool) { return &c.Name, true }

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
	old, err := lookUp(ctx, settings, sess, out, c.Name)
	switch {
	case err == nil && !c.Force:
		return &custody.ExistsError{Name: c.Name, KeyID: old}
	case errors.Is(err, keystore.ErrCorrupt) && c.Force && sess.Opened().Kind() != keystore.KindFile: // it is replaced
	case err != nil && !errors.Is(err, keystore.ErrNotFound):
		return err
	}
	unreached := checkProcess(settings, config, c.Name)
	if unreached == nil && c.WriteConfig {
		unreached = checkAddProcess(settings, out, c.Name)
	}
	switch {
	case unreached != nil && c.WriteConfig:
		return fmt.Errorf("nothing was stored: %w", &unreachedError{c.Name, unreached})
	case unreached != nil:
		out.Warn(&unreachedError{c.Name, unreached})
	}
	key, err := c.read(ctx, settings, sess, stdin)
	if err != nil {
		return err
	}
	if err := keyinput.Check(key); err != nil {
		return err
	}
	if err := stillInFile(p, key); err != nil {
		out.Warn(err)
	}
	var who awsapi.Identity
	remains, err := newCustody(sess, out, timing).Add(ctx, c.Name, key, c.Force, func(ctx context.Context) (err error) {
		if c.NoVerify {
			return nil
		}
		if who, err = owner(sess, out)(ctx, p, key); err != nil {
			return &custody.UnverifiedError{Err: err}
		}
		out.tellOwner(key.AccessKeyID, who)
		return nil
	})
	if err != nil {
		return err
	}
	if !c.NoVerify {
		f := facts{sess, settings, out}
		learned := keyfacts.Facts{ARN: who.ARN}
		if client, err := sess.Client(p); err == nil && c.asks() {
			learned.Created = f.created(ctx, client, key)
		}
		f.learn(ctx, key.AccessKeyID, learned)
	}
	out.warnOfRemains(remains)
	out.note("key %s is stored as %q in %s", visible.KeyID(key.AccessKeyID), c.Name, sess.Opened())
	if c.CSV != "" {
		out.advise(hintOfCSV(c.CSV))
	}
	switch {
	case c.WriteConfig:
		return addProcess(ctx, settings, out, c.Name)
	case unreached != nil: // the lines would not work
		return nil
	}
	return showLines(settings, out, p, who)
}

// asks reports whether a person at the terminal gives the key.
func (c *addCmd) asks() bool { return !c.Env && !c.Stdin && c.CSV == "" }

// read returns the key from where the flags say, or from the person at the
// terminal.
func (c *addCmd) read(ctx context.Context, settings *session.Settings, sess *session.Session, stdin io.Reader) (aws.Credentials, error) {
	switch {
	case c.Env:
		return keyinput.FromEnv(settings.Env)
	case c.Stdin:
		return keyinput.FromReader(stdin)
	case c.CSV != "":
		return keyinput.FromCSV(c.CSV)
	}
	id, err := sess.Person.Ask(ctx, "access key id: ", false)
	if err != nil {
		return aws.Credentials{}, unasked(err, "add")
	}
	key := aws.Credentials{AccessKeyID: strings.TrimSpace(id)}
	if err := keyinput.CheckID(key.AccessKeyID); err != nil {
		return aws.Credentials{}, err
	}
	secret, err := sess.Person.Ask(ctx, "secret access key: ", true)
	key.SecretAccessKey = strings.TrimSpace(secret)
	return key, err
}

// stillInFile returns a warning if the AWS files have a key for the profile p,
// which now has a stored one, too.
func stillInFile(p *profile.Profile, stored aws.Credentials) error {
	if p.Static == nil {
		return nil
	}
	same := p.Static.Credentials.AccessKeyID == stored.AccessKeyID
	return &stillInFileError{profile: p.Name, at: p.Static.AccessKeyID, same: same}
}

// stillInFileError warns of a key in the AWS files beside a stored one.
type stillInFileError struct {
	profile string
	at      awsini.Pos
	same    bool // it is the stored one
}

func (e *stillInFileError) Error() string {
	return fmt.Sprintf("profile %q still has an access key in plaintext at %s, which the AWS SDKs prefer", e.profile, e.at)
}

// showLines prints the lines that the AWS config file needs for p, unless it has
// them. Who is the user that the key belongs to, if that is known.
func showLines(settings *session.Settings, out *ui, p *profile.Profile, who awsapi.Identity) error {
	if profile.IsProcessOf(p.CredentialProcess, settings.Self, p.Name) {
		return nil
	}
	serial := "arn:aws:iam::ACCOUNT:mfa/DEVICE"
	if who.Account != "" {
		partition := strings.SplitN(who.ARN, ":", 3)[1]
		serial = "arn:" + partition + ":iam::" + who.Account + ":mfa/DEVICE"
	}
	lines, _, err := awsfiles.AddCredentialProcess(nil, settings.Files.Config, p.Name, out.adv.process(p.Name))
	if err != nil {
		return err
	}
	out.note("to use it, put this into %s (or add --write-config):", settings.Files.Config)
	page := out.page(0)
	for line := range strings.Lines(string(lines)) {
		page.line("%s", strings.TrimRight(line, "\r\n"))
	}
	if settings.Region != "" {
		page.line("region = %s", settings.Region)
	} else {
		page.line("# region = REGION")
	}
	page.line("# mfa_serial = %s", serial)
	return out.print(page)
}
