//go:build linux

package e2e

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// chromium returns the path of a Chromium that runs without a display. The parts of
// the tests do not include it: with what it needs it has 300 MB.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium")
	return ""
}

// A real browser goes through the link that works once, and is signed in to the
// console.
func TestBrowserIsSignedIn(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	srv := newSTSWith(t, ststest.Config{Roles: rolesOfAWS})
	f, err := awstest.StartFederation(func(c aws.Credentials) (awstest.ConsoleCredentials, error) {
		known, err := srv.ForConsole(c)
		if err == nil && !known.Allowed {
			err = errors.New("a federated user who may do nothing")
		}
		return awstest.ConsoleCredentials{ARN: known.ARN, User: known.User, Federated: known.Federated, Chained: known.Chained}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	h := newHome(t, srv.URL())
	h.env["AWS_ENDPOINT_URL_SIGNIN"] = f.URL()
	h.addAlice()
	r := h.run("console", "work", "--region", "eu-west-1", "--service", "s3",
		"--browser", browser+" --headless --no-sandbox --disable-gpu --user-data-dir="+h.path("{profile}")+" --dump-dom {url}")
	if r.code != 0 || !strings.Contains(r.stderr, "the browser is signed in as arn:aws:sts::"+account+":federated-user/alice, for 1h") {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	select {
	case got := <-f.SignedIn():
		if got.Destination != "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1" || !strings.Contains(got.UserAgent, "Chrome/") {
			t.Errorf("%+v", got)
		}
	case <-time.After(time.Minute):
		t.Error("the browser did not go on to the console")
	}
}

// A real browser goes from the link that works once to the sign-in, and brings its answer
// back.
func TestBrowserSignsIn(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w, sso, _, file := signedIn(t)
	w.must(os.Remove(file))
	r := w.run("login", "sso", "--browser", browser+" --headless --no-sandbox --disable-gpu --user-data-dir="+w.path("{profile}")+" --dump-dom {url}")
	if r.code != 0 || !strings.Contains(r.stderr, "signed in at "+startURL) || sso.SignIns() != 1 {
		t.Fatalf("exit code %d, %d sign-ins\n%s", r.code, sso.SignIns(), r.stderr)
	}
}
