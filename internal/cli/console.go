package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/browser"
	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
)

// consoleCmd opens the AWS console in a browser, which it signs in.
type consoleCmd struct {
	Name    string `arg:"" complete:"profile" optional:"" help:"Name of the profile, as with -p."`
	Service string `placeholder:"SERVICE" complete:"service" help:"Open the page of a service, such as s3."`
	URL     string `name:"url" placeholder:"URL" help:"Open this page of the console."`
	Print   bool   `help:"Print the link, and open nothing."`
	Browser string `placeholder:"CMD" help:"Run this browser; {url} in it is where the link goes."`
}

// linkPatience is how long a browser is waited for, which may have to start, and may
// ask its user for a profile.
const linkPatience = 2 * time.Minute

// consoleServices are services whose pages people open often.
var consoleServices = []string{
	"s3", "ec2", "iam", "lambda", "cloudformation", "cloudwatch", "dynamodb", "rds", "ecs", "ecr", "eks", "sqs", "sns", "ssm", "secretsmanager", "stepfunctions",
	"route53", "cloudfront", "apigateway", "vpc", "kms", "athena", "glue", "cloudtrail", "billing",
}

func (c *consoleCmd) about() (name *string, needed bool) { return &c.Name, false }

func (c *consoleCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing, gate *gate) error {
	choice := browser.Choice{Command: cmp.Or(c.Browser, settings.Env("AWSEXEC_BROWSER")), List: settings.Env("BROWSER")}
	environ := settings.PlainEnviron()
	if !c.Print {
		if err := choice.Check(environ); err != nil {
			return &browserError{err}
		}
	}
	p, err := sess.Selected(ctx)
	if err != nil {
		return err
	}
	client, err := sess.Client(p)
	if err != nil {
		return err
	}
	page, err := c.page(client)
	if err != nil {
		return err
	}
	who := caller.Chain()
	typed := len(who) > 0 && who[0].Typed // by a person: it is about programs that rules are
	if !typed {
		if err := gate.check(ctx, p, func() []caller.Program { return who }); err != nil {
			return err
		}
	}
	signedIn, err := sess.ConsoleSession(ctx, p, execLimit)
	if err != nil {
		return err
	}
	given, to := session.Given{Credentials: signedIn.Credentials, Profile: p, From: signedIn.From, Policies: signedIn.Policies}, caller.Find()
	if typed {
		gate.record(logbook.Console, to, given)
	} else if err := gate.pass(ctx, logbook.Console, to, given, execLimit); err != nil {
		return err
	}
	done := out.Waiting("for the sign-in service of AWS")
	link, err := client.ConsoleLink(ctx, signedIn.Credentials, signedIn.Life, page)
	done()
	if err != nil {
		return err
	}
	if c.Print {
		out.note("whoever opens this link within %d minutes is signed in as %s", awsapi.LinkLife/time.Minute, signedIn.ARN)
		_, err := io.WriteString(out.out, link+"\n")
		return err
	}
	if err := show(ctx, link, p, choice, environ, out, timing.linkPatience); err != nil {
		return err
	}
	out.note("the browser is signed in as %s, %s", signedIn.ARN, stay(signedIn, settings.Now()))
	return nil
}

// stay returns in words how long the browser stays signed in.
func stay(s provider.ConsoleSession, now time.Time) string {
	life := s.Life
	switch {
	case life == 0 && !s.CanExpire:
		return "as long as its credentials are valid"
	case life == 0:
		life = s.Expires.Sub(now).Round(time.Minute)
	}
	if life%time.Hour == 0 {
		return fmt.Sprintf("for %dh", life/time.Hour)
	}
	return "for " + strings.TrimSuffix(life.String(), "0s")
}

// page returns the URL of the page that is to be opened.
func (c *consoleCmd) page(client awsapi.Client) (string, error) {
	switch {
	case c.URL != "" && c.Service != "":
		return "", usageError{"--url and --service exclude each other", ""}
	case c.URL != "":
		if err := client.CheckConsolePage(c.URL); err != nil {
			return "", usageError{"--url: " + err.Error(), ""}
		}
		return c.URL, nil
	}
	page, err := client.ConsolePage(c.Service)
	if err != nil && !errors.Is(err, awsapi.ErrNoConsole) {
		return "", usageError{"--service: " + err.Error(), ""}
	}
	return page, err
}

// browserError reports that no browser has opened a link.
type browserError struct{ error }

func (e *browserError) Unwrap() error { return e.error }

// errNotOpened means that a browser was started and did not fetch the link in time.
var errNotOpened = errors.New("the browser did not open the link in time")

// show shows link in a browser and waits until that has it.
func show(ctx context.Context, link string, p *profile.Profile, choice browser.Choice, environ []string, out *ui, patience time.Duration) error {
	l, err := browser.NewLink(link)
	if err != nil {
		return err
	}
	defer l.Close()
	ended, err := browser.Open(choice, browser.Page{URL: l.URL(), Profile: p.Name}, environ)
	if err != nil {
		return &browserError{err}
	}
	defer out.Waiting("for the browser")()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-l.Done():
			return nil
		case err := <-ended:
			if ended = nil; err == nil { // it has handed the link on
				continue
			}
			select {
			case <-l.Done():
				return nil
			default:
				return &browserError{fmt.Errorf("the browser ended without opening the link: %w", err)}
			}
		case <-timer.C:
			return &browserError{errNotOpened}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
