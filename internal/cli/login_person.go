package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/browser"
	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/signin"
	"github.com/awsexec/awsexec/internal/term"
)

// signer is the person who signs in. It implements signin.SSOPerson and
// signin.LoginPerson.
type signer struct {
	choice  browser.Choice
	remote  bool  // the browser may be on another machine
	unfit   error // why the browser that the user has chosen cannot be run
	profile *profile.Profile
	environ []string // of the browser
	session *session.Session
	out     *ui
	ends    []func()

	byProgram bool // a program waits for the sign-in, and reads what awsexec writes
}

// say shows a line, on the terminal if a program reads what awsexec writes.
func (s *signer) say(format string, args ...any) {
	if !s.byProgram {
		s.out.note(format, args...)
		return
	}
	if err := term.Tell("awsexec: " + s.out.shown(fmt.Sprintf(format, args...))); err != nil {
		s.out.Debug("terminal: %v", err)
	}
}

// newSigner returns the person who signs in for p. Where there is no browser, one
// elsewhere has to do. The caller must close it.
func newSigner(choice browser.Choice, remote bool, p *profile.Profile, settings *session.Settings, sess *session.Session, out *ui) *signer {
	s := &signer{choice: choice, remote: remote, profile: p, environ: settings.PlainEnviron(), session: sess, out: out}
	if err := choice.Check(s.environ); err != nil && !remote {
		out.Debug("%v", err)
		s.remote = true
		if choice != (browser.Choice{}) {
			s.unfit = err
		}
	}
	return s
}

// close ends what was begun for the sign-in.
func (s *signer) close() {
	for _, end := range s.ends {
		end()
	}
	s.ends = nil
}

// Browse implements signin.SSOPerson. The browser gets a link to this process, which
// works once: whoever sees its arguments could use the page itself.
func (s *signer) Browse(_ context.Context, page string) error {
	s.say("sign in%s in the browser", s.at())
	s.say("if none opens, open this page on this machine: %s", page)
	s.open(page)
	s.ends = append(s.ends, s.out.WaitingForPerson("for you to sign in in the browser"))
	return nil
}

// ShowCode implements signin.SSOPerson.
func (s *signer) ShowCode(_ context.Context, d signin.DeviceCode) error {
	s.sayUnfit()
	s.say("sign in%s at this page, in any browser: %s", s.at(), d.Page)
	s.say("go on there only if it shows this code:")
	s.say("")
	s.say("        %s", layout.Command.Paint(strings.Join(strings.Split(d.Code, ""), " "), s.out.colour))
	s.say("")
	if !s.remote {
		s.open(d.Page)
	}
	s.ends = append(s.ends, s.out.WaitingForPerson("for you to confirm the code in the browser"))
	return nil
}

// Show implements signin.LoginPerson.
func (s *signer) Show(_ context.Context, page string) error {
	s.sayUnfit()
	s.say("sign in%s at this page, in any browser: %s", s.at(), page)
	return nil
}

// sayUnfit says why another browser has to do than the one that the user has chosen.
func (s *signer) sayUnfit() {
	if s.unfit != nil {
		s.say("no browser opens: %v", s.unfit)
	}
}

// Ask implements signin.LoginPerson.
func (s *signer) Ask(ctx context.Context, question string) (string, error) {
	return s.session.Person.Ask(ctx, question, false)
}

// Wrong implements signin.LoginPerson.
func (s *signer) Wrong(err error) { s.say("%v", err) }

// at returns in words where to sign in.
func (s *signer) at() string {
	switch sso := s.profile.SSO; {
	case sso == nil:
		return " to AWS"
	case sso.Session != "":
		return " for sso-session " + quoteWord(sso.Session)
	}
	return " for profile " + quoteWord(s.profile.Name)
}

// open opens a page in a browser, in vain if there is none: its address is shown too.
func (s *signer) open(page string) {
	link, err := browser.NewLink(page)
	if err != nil {
		s.out.Debug("%v", err)
		return
	}
	s.ends = append(s.ends, link.Close)
	ended, err := browser.Open(s.choice, browser.Page{URL: link.URL(), Profile: s.profile.Name}, s.environ)
	if err != nil {
		s.say("no browser opens: %v", err)
		return
	}
	over, told := make(chan struct{}), make(chan struct{})
	s.ends = append(s.ends, func() { close(over); <-told })
	fault.Go(func() {
		defer close(told)
		select {
		case <-over:
		case <-link.Done(): // it has shown the page
		case err := <-ended:
			if err != nil {
				s.say("the browser ended without opening the page: %v", err)
			}
		}
	})
}
