package cli

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/browser"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
)

// A browser that does not open the link is not waited for longer than its time.
func TestConsoleEnds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs the programs true and false")
	}
	w := newWorld(t)
	f, err := awstest.StartFederation(func(c aws.Credentials) (awstest.ConsoleCredentials, error) {
		known, err := w.server.ForConsole(c)
		return awstest.ConsoleCredentials{ARN: known.ARN, Federated: known.Federated}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w.env["AWS_ENDPOINT_URL_SIGNIN"] = f.URL()
	w.add("work")
	w.refuse(exitFailed, "", []string{"console", "work", "--browser", "true"}, "error: the browser did not open the link in time", "hint: print the link, for a browser elsewhere: awsexec console work --browser true --print")
	w.refuse(exitFailed, "", []string{"console", "work", "--browser", "false"}, "error: the browser ended without opening the link: exit status 1")
	w.refuse(exitFailed, "", []string{"console", "nobody"}, "there is no browser here")
	if n := w.server.Calls("GetFederationToken"); n != 2 {
		t.Errorf("%d sessions were made", n)
	}
}

// Ctrl-C ends the wait, and the link with it.
func TestShowIsInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs the program true")
	}
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted)
	err := show(ctx, "https://signin.example.org/", &profile.Profile{Name: "work"}, browser.Choice{Command: "true"}, nil, newUI(newWorld(t).deps("", nil, nil)), time.Minute)
	if !errors.Is(err, interrupted) {
		t.Error(err)
	}
}

func TestStay(t *testing.T) {
	now := time.Now()
	until := func(d time.Duration) aws.Credentials { return aws.Credentials{CanExpire: true, Expires: now.Add(d)} }
	for want, s := range map[string]provider.ConsoleSession{
		"for 1h":                               {Credentials: until(time.Hour - time.Second)},
		"for 12h":                              {Credentials: until(time.Hour), Life: 12 * time.Hour},
		"for 15m":                              {Life: 15 * time.Minute},
		"for 1h30m":                            {Credentials: until(90 * time.Minute)},
		"as long as its credentials are valid": {},
	} {
		if got := stay(s, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
