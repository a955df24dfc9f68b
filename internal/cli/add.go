package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/keyfacts"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
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

// A person at the terminal is asked for the name.
func (c *addCmd) about() (name *string, needed bool) { return &c.Name, !c.asks() }

// asks reports whether a person at the terminal gives the key.
func (c *addCmd) asks() bool { return !c.Env && !c.Stdin && c.CSV == "" }

func (c *addCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing, stdin io.Reader) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	config, err := sess.Config()
	if err != nil {
		return err
	}
	ask := asker{settings, sess, out, "add"}
	if err := c.chooseName(ctx, ask); err != nil {
		return notStored(ctx, err)
	}
	p, err := config.With(c.Name).Profile(c.Name)
	if err != nil {
		return err
	}
	a := &addition{cmd: c, asker: ask, profile: p, elsewhere: config.OtherService(c.Name, settings.Env)}
	a.setUp = a.newSetUp()
	if a.unreached = checkProcess(settings, config, c.Name); a.unreached == nil && c.WriteConfig {
		_, a.unreached = a.setUp.change(settings)
	}
	switch {
	case a.unreached != nil && c.WriteConfig:
		return fmt.Errorf("nothing was stored: %w", &unreachedError{c.Name, a.unreached})
	case a.unreached != nil:
		out.Warn(&unreachedError{c.Name, a.unreached})
	}
	if err := a.take(ctx, newCustody(sess, out, timing), stdin); err != nil {
		return notStored(ctx, err)
	}
	a.learn(ctx)
	out.note("key %s is stored as %q in %s", visible.KeyID(a.key.AccessKeyID), c.Name, sess.Opened())
	out.warnOfOtherName(ctx, sess.Opened(), c.Name, a.key.AccessKeyID)
	a.warnOfTOTP(ctx)
	if c.CSV != "" {
		out.advise(hintOfCSV(c.CSV))
	}
	switch {
	case a.write:
		err = a.setUp.write(ctx, settings, out)
		if err == nil && !c.asks() && a.setUp.region == "" && sess.Region(p) == "" {
			out.Warn(&noRegionError{c.Name})
		}
	case !c.asks() && a.unreached == nil: // else the lines would not work
		return showLines(settings, out, p, a.setUp, a.who)
	}
	if err == nil && c.asks() && !a.setUp.foreign { // whose endpoint is not known
		out.advise(hintOfAdded(out.adv, c.Name, a.write))
	}
	return err
}

// learn remembers what AWS has said of the key.
func (a *addition) learn(ctx context.Context) {
	if a.who.ARN == "" {
		return
	}
	f := facts{a.sess, a.settings, a.out}
	learned := keyfacts.Facts{ARN: a.who.ARN}
	if client, err := a.sess.Client(a.profile); err == nil && a.cmd.asks() {
		learned.Created = f.created(ctx, client, a.key)
	}
	f.learn(ctx, a.key.AccessKeyID, learned)
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
func showLines(settings *session.Settings, out *ui, p *profile.Profile, setUp profileSetUp, who awsapi.Identity) error {
	if profile.IsProcessOf(p.CredentialProcess, settings.Self, p.Name) {
		return nil
	}
	serial := "arn:aws:iam::ACCOUNT:mfa/DEVICE"
	if who.Account != "" {
		partition := strings.SplitN(who.ARN, ":", 3)[1]
		serial = "arn:" + partition + ":iam::" + who.Account + ":mfa/DEVICE"
	}
	lines, _, err := awsfiles.AddCredentialProcess(nil, settings.Files.Config, p.Name, setUp.command)
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
	} else if p.Region == "" {
		page.line("# region = REGION")
	}
	if !setUp.foreign && p.MFASerial == "" {
		page.line("# mfa_serial = %s", serial)
	}
	return out.print(page)
}
