package awsapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awstest"
)

func TestConsoleHosts(t *testing.T) {
	for _, c := range []struct{ region, service, page, signin string }{
		{"", "", "https://console.aws.amazon.com/console/home", "https://signin.aws.amazon.com/federation"},
		{"", "s3", "https://console.aws.amazon.com/s3/home", "https://signin.aws.amazon.com/federation"},
		{"eu-west-1", "", "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1", "https://signin.aws.amazon.com/federation"},
		{"eu-west-1", "s3", "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1", "https://signin.aws.amazon.com/federation"},
		{"ap-east-1", "dynamodb", "https://ap-east-1.console.aws.amazon.com/dynamodbv2/home?region=ap-east-1", "https://signin.aws.amazon.com/federation"},
		{"aws-global", "route53", "https://us-east-1.console.aws.amazon.com/route53/v2/home?region=us-east-1", "https://signin.aws.amazon.com/federation"},
		{"fips-us-gov-west-1", "ec2", "https://us-gov-west-1.console.amazonaws-us-gov.com/ec2/home?region=us-gov-west-1", "https://signin.amazonaws-us-gov.com/federation"},
		{"us-gov-east-1", "", "https://us-gov-east-1.console.amazonaws-us-gov.com/console/home?region=us-gov-east-1", "https://signin.amazonaws-us-gov.com/federation"},
		{"cn-north-1", "lambda", "https://cn-north-1.console.amazonaws.cn/lambda/home?region=cn-north-1", "https://signin.amazonaws.cn/federation"},
		{"aws-cn-global", "", "https://cn-northwest-1.console.amazonaws.cn/console/home?region=cn-northwest-1", "https://signin.amazonaws.cn/federation"},
		{"eusc-de-east-1", "s3", "https://eusc-de-east-1.console.amazonaws-eusc.eu/s3/home?region=eusc-de-east-1", "https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation"},
		{"us-iso-east-1", "s3", "", "https://us-iso-east-1.signin.c2shome.ic.gov/federation"},
		{"us-isob-east-1", "", "", "https://us-isob-east-1.signin.sc2shome.sgov.gov/federation"},
	} {
		client := Client{Region: c.region}
		page, err := client.ConsolePage(c.service)
		signin, signinErr := client.federation()
		if page != c.page || (c.page == "") != errors.Is(err, ErrNoConsole) || signin != c.signin || signinErr != nil {
			t.Errorf("%s, %s: %s, %v; %s, %v", c.region, c.service, page, err, signin, signinErr)
		}
		if page != "" {
			if err := client.CheckConsolePage(page); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	for _, service := range []string{"S3", "s3/", "/s3", "s3?x=1", "s3#x", "../x", "s3 ", "a//b", "s3:x", "@x"} {
		if page, err := (Client{}).ConsolePage(service); err == nil {
			t.Errorf("service %q leads to %s", service, page)
		}
	}
	for region := range globalRegions {
		if hostsOf[PartitionOf(region)].signin == "" {
			t.Errorf("partition %s has no sign-in host", PartitionOf(region))
		}
	}
}

func TestCheckConsolePage(t *testing.T) {
	for _, c := range []struct {
		region, page string
		ok           bool
	}{
		{"", "https://console.aws.amazon.com/s3/buckets/b?region=eu-west-1#x", true},
		{"", "https://us-east-2.console.aws.amazon.com/", true},
		{"eu-west-1", "https://health.aws.amazon.com/health/home", true},
		{"cn-north-1", "https://console.amazonaws.cn/ec2", true},
		{"us-gov-west-1", "https://console.amazonaws-us-gov.com/", true},
		{"us-iso-east-1", "https://us-iso-east-1.console.c2shome.ic.gov/", true},
		{"cn-north-1", "https://console.aws.amazon.com/", false},
		{"", "https://console.amazonaws.cn/", false},
		{"", "http://console.aws.amazon.com/", false},
		{"", "https://console.aws.amazon.com.example.org/", false},
		{"", "https://xaws.amazon.com/", false},
		{"", "https://me@console.aws.amazon.com/", false},
		{"", "https://console.aws.amazon.com:8443/", false},
		{"", "console.aws.amazon.com/s3", false},
		{"", "https://%zz", false},
	} {
		if err := (Client{Region: c.region}).CheckConsolePage(c.page); (err == nil) != c.ok {
			t.Errorf("%s in %q: %v", c.page, c.region, err)
		}
	}
}

func TestSigninEndpointIsEncrypted(t *testing.T) {
	for endpoint, ok := range map[string]bool{
		"http://127.0.0.1:1": true, "http://[::1]:1": true, "http://localhost:1/": true, "https://signin.example.org": true,
		"http://signin.example.org": false, "http://10.0.0.1": false, "http://localhost.example.org": false, "x": false,
	} {
		got, err := Client{SigninEndpoint: endpoint}.federation()
		if (err == nil) != ok || ok && got != strings.TrimRight(endpoint, "/")+"/federation" {
			t.Errorf("%s: %s, %v", endpoint, got, err)
		}
	}
}

var consoleSession = aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKERsecret", SessionToken: "S3CR3TMARKER+/=&token"}

func TestConsoleLink(t *testing.T) {
	known := awstest.ConsoleCredentials{ARN: "me"}
	f, err := awstest.StartFederation(func(c aws.Credentials) (awstest.ConsoleCredentials, error) {
		if c.SecretAccessKey != consoleSession.SecretAccessKey || c.SessionToken != consoleSession.SessionToken {
			return known, errors.New("unknown")
		}
		return known, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const page = "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"
	client := Client{Region: "eu-west-1", SigninEndpoint: f.URL()}
	link, err := client.ConsoleLink(t.Context(), consoleSession, 2*time.Hour, page)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Fatal(answer.Status)
	}
	if got := <-f.SignedIn(); got.Destination != page || got.Duration != 2*time.Hour {
		t.Errorf("%+v", got)
	}
	if strings.Contains(link, consoleSession.AccessKeyID) || strings.Contains(link, "token") && strings.Contains(link, url.QueryEscape(consoleSession.SessionToken)) {
		t.Error("the link holds the credentials")
	}
	if calls := f.Calls(); calls[0].Method != http.MethodPost {
		t.Errorf("the credentials were sent by %s", calls[0].Method)
	}

	known.Chained = true
	_, err = client.ConsoleLink(t.Context(), consoleSession, time.Hour, page)
	refused, _ := errors.AsType[*NotAcceptedError](err)
	if refused == nil || refused.Status != 400 || !refused.Duration || !strings.Contains(err.Error(), "get a link to the console: 127.0.0.1") {
		t.Errorf("chained: %v", err)
	}
	if _, err := client.ConsoleLink(t.Context(), consoleSession, 0, page); err != nil {
		t.Errorf("chained, without a duration: %v", err)
	}
}

// Answers that are no token.
func TestConsoleLinkAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status    int
		kind      string
		body      string
		want      string
		notTaken  bool
		wireFault bool
	}{
		"page of a portal": {200, "text/html", "<html>S3CR3TMARKER", "is a web page", false, true},
		"busy":             {503, "text/html", "<html>", "503", false, true},
		"throttled":        {429, "application/json", "{}", "429", false, true},
		"throttled page":   {429, "text/html", "<html>", "429", false, true},
		"failed":           {500, "application/json", "{}", "500", false, true},
		"refused in JSON":  {403, "application/json", `{"x":"S3CR3TMARKER"}`, "403", true, false},
		"redirect":         {302, "text/html", "", "redirect", false, true},
		"empty token":      {200, "application/json", "{}", "without a token", false, false},
		"array":            {200, "application/json", "[]", "without a token", false, false},
		"odd token":        {200, "application/json", `{"SigninToken":"a b"}`, "characters", false, false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		link, err := Client{SigninEndpoint: server.URL}.ConsoleLink(t.Context(), consoleSession, 0, "https://console.aws.amazon.com/")
		server.Close()
		_, notTaken := errors.AsType[*NotAcceptedError](err)
		_, wireFault := errors.AsType[*WireError](err)
		if err == nil || link != "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "S3CR3TMARKER") || notTaken != c.notTaken || wireFault != c.wireFault {
			t.Errorf("%s: %q, %v", name, link, err)
		}
	}
}
