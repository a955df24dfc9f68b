//go:build unix

package script

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// loginSession is the identity of who has signed in with aws login.
const loginSession = "arn:aws:sts::" + account + ":assumed-role/console/alice"

// roleSignedIn is the role that a person who has signed in gets.
const roleSignedIn = "arn:aws:iam::" + account + ":role/signed-in"

// signIns are the services at which the user of a script signs in.
type signIns struct {
	sso    *awstest.SSO
	signin *awstest.Signin
	login  awstest.Login

	accounts []awstest.SSOAccount
}

type signInsKey struct{}

// signIn is the command signin; see TestScripts.
func signIn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: signin sso|login|as|deny|clock|used|renewed|account|accounts|throttle|lists|down|up…")
	}
	s := ts.Value(signInsKey{}).(*signIns)
	if s.sso == nil {
		s.start(ts)
	}
	life := time.Hour
	if args[len(args)-1] == "expired" {
		life = -time.Minute
	}
	switch args[0] {
	case "sso": // a start URL is the legacy form, which has no refresh token
		s.login = awstest.Login{StartURL: "https://x.example/start", Region: "eu-west-1", AccessToken: ststest.Marker + "access", Expires: time.Now().Add(life)}
		if !strings.Contains(args[1], "://") {
			s.login.Session, s.login.RegistrationExpires = args[1], time.Now().Add(24*time.Hour)
			s.login.ClientID, s.login.ClientSecret, s.login.RefreshToken = "client", ststest.Marker+"client", ststest.Marker+"refresh"
			s.sso.Register(s.login)
		}
		s.sso.SignIn(s.login.AccessToken, s.login.Expires)
		_, err := s.login.Save(ts.Getenv("HOME"))
		ts.Check(err)
	case "login":
		c, err := ts.Value(serverKey{}).(*ststest.Server).IssueRoleSession(roleSignedIn, "alice", time.Hour)
		ts.Check(err)
		c.AccountID, c.Expires = account, time.Now().Add(life)
		l, err := s.signin.SignIn(loginSession, c)
		ts.Check(err)
		_, err = l.Save(ts.Getenv("HOME"))
		ts.Check(err)
	case "as": // nobody but the one who is named sits at the browser from now on
		s.signin.SignInAs(args[1])
	case "deny":
		s.signin.Refuse(strings.Join(args[1:], " "))
	case "clock":
		ahead, err := time.ParseDuration(args[1])
		ts.Check(err)
		s.signin.SetClock(ahead)
	case "used":
		s.sso.Renew(s.login.ClientID, s.login.ClientSecret, s.login.RefreshToken)
		s.signin.SignOut()
	case "renewed":
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		if got := map[string]func() int{"sso": s.sso.Renewed, "login": s.signin.Renewed}[args[1]](); got != n {
			ts.Fatalf("renewed %d times, want %d", got, n)
		}
	case "account":
		s.accounts = append(s.accounts, awstest.SSOAccount{ID: args[1], Name: args[2], Email: "aws@" + args[1] + ".example", Roles: args[3:]})
		s.sso.Assign(s.accounts...)
	case "accounts":
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		s.accounts = nil
		for i := range n {
			s.accounts = append(s.accounts, awstest.SSOAccount{ID: fmt.Sprintf("%012d", i), Name: fmt.Sprintf("account %d", i), Roles: []string{"Admin", "PowerUser", "ReadOnly"}})
		}
		s.sso.Assign(s.accounts...)
	case "throttle":
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		s.sso.Throttle(n)
	case "lists":
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		if got, _ := s.sso.Lists(); got != n {
			ts.Fatalf("%d lists, want %d", got, n)
		}
	case "start":
	case "made":
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		if got := s.sso.SignIns(); got != n {
			ts.Fatalf("%d sign-ins, want %d", got, n)
		}
	case "refuse":
		s.sso.Refuse(args[1])
	case "agree":
		s.sso.Refuse("")
	case "confirm":
		for end := time.Now().Add(limit); s.sso.Approve() == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				ts.Fatalf("nobody signs in with a code")
			}
		}
	case "down":
		s.sso.Close()
		s.signin.Close()
	case "up":
		s.start(ts)
	default:
		ts.Fatalf("unknown: signin %s", args[0])
	}
}

// start starts the services.
func (s *signIns) start(ts *testscript.TestScript) {
	server := ts.Value(serverKey{}).(*ststest.Server)
	issue := func() (aws.Credentials, error) { return server.IssueRoleSession(roleSignedIn, "alice", time.Hour) }
	var err error
	s.sso, err = awstest.StartSSO(map[awstest.SSORole]awstest.Issue{{AccountID: account, RoleName: "dev"}: issue})
	ts.Check(err)
	ts.Defer(s.sso.Close)
	s.signin, err = awstest.StartSignin(issue)
	ts.Check(err)
	s.signin.SignInAs(loginSession)
	ts.Defer(s.signin.Close)
	ts.Setenv("AWS_ENDPOINT_URL_SSO", s.sso.URL())
	ts.Setenv("AWS_ENDPOINT_URL_SSO_OIDC", s.sso.URL())
	ts.Setenv("AWS_ENDPOINT_URL_SIGNIN", s.signin.URL())
}

// shownCode opens the page of a login session that a terminal shows, as somebody does on
// another machine, and returns the code that the browser ends with.
func shownCode(ts *testscript.TestScript, screen string) string {
	page := regexp.MustCompile(`http://[^ \r\n]+/v1/authorize\?[^ \r\n]+`).FindString(screen)
	answer, err := http.Get(page)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	code := regexp.MustCompile(`<pre>(.*)</pre>`).FindSubmatch(text)
	if code == nil {
		ts.Fatalf("the page %s shows no code: %s", page, text)
	}
	return string(code[1])
}
