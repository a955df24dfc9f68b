//go:build unix

package script

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// browserUserAgent is that of testbrowser.
const browserUserAgent = "testbrowser"

// testBrowser fetches the page that its last argument names, as a browser does, unless
// its first one is a mode. What it got, its arguments and its environment are in
// files in the home directory.
//
//	fail    ends with exit code 3, and fetches nothing
//	ignore  fetches nothing
//	stay    runs on after it has fetched the page, until the file stop is in the home directory
//	forge   changes the state on the way back from a sign-in
//	link    takes the page out of a link of Firefox to a container
func testBrowser() {
	home := os.Getenv("HOME")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			panic(err)
		}
	}
	args := os.Args[1:]
	write("browser.args", strings.Join(args, "\n")+"\n")
	write("browser.env", strings.Join(os.Environ(), "\n")+"\n")
	page := args[len(args)-1]
	switch args[0] {
	case "fail":
		os.Exit(3)
	case "ignore":
		return
	case "link":
		_, rest, _ := strings.Cut(page, "&url=")
		var err error
		if page, err = url.QueryUnescape(rest); err != nil {
			panic(err)
		}
	}
	if err := fetch(page, args[0] == "forge"); err != nil {
		panic(err)
	}
	for args[0] == "stay" {
		if _, err := os.Stat(filepath.Join(home, "stop")); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// fetch gets a page, and those that it redirects to.
func fetch(page string, forge bool) error {
	request, err := http.NewRequest(http.MethodGet, page, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", browserUserAgent)
	client := http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if forge {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "state=", "state=X", 1)
		}
		return nil
	}}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

type federationKey struct{}

// console is the command console; see TestScripts.
func console(ts *testscript.TestScript, neg bool, args []string) {
	started := ts.Value(federationKey{}).(*federation)
	switch {
	case neg || len(args) == 0:
		ts.Fatalf("usage: console start|opened|closed…")
	case args[0] == "start":
		started.start(ts)
	case args[0] == "opened" && len(args) >= 3:
		want := awstest.ConsoleSignIn{ARN: args[1], Destination: args[2], UserAgent: browserUserAgent}
		if len(args) > 3 {
			var err error
			want.Duration, err = time.ParseDuration(args[3])
			ts.Check(err)
		}
		select { // the browser goes on when awsexec has ended
		case got := <-started.SignedIn():
			if got != want {
				ts.Fatalf("signed in: %+v, want %+v", got, want)
			}
		case <-time.After(limit):
			ts.Fatalf("no browser was signed in")
		}
	case args[0] == "closed":
		select {
		case got := <-started.SignedIn():
			ts.Fatalf("signed in: %+v", got)
		default:
		}
	default:
		ts.Fatalf("unknown: console %s", strings.Join(args, " "))
	}
}

// federation is the federation endpoint of a script.
type federation struct{ *awstest.Federation }

func (f *federation) start(ts *testscript.TestScript) {
	server := ts.Value(serverKey{}).(*ststest.Server)
	var err error
	f.Federation, err = awstest.StartFederation(func(c aws.Credentials) (awstest.ConsoleCredentials, error) {
		known, err := server.ForConsole(c)
		if err == nil && !known.Allowed {
			err = errors.New("a federated user who may do nothing")
		}
		return awstest.ConsoleCredentials{ARN: known.ARN, User: known.User, Federated: known.Federated, Chained: known.Chained}, err
	})
	ts.Check(err)
	ts.Defer(f.Close)
	ts.Setenv("AWS_ENDPOINT_URL_SIGNIN", f.URL())
}
