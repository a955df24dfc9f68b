package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/lazyregexp"
)

// consoleHosts are the hosts of a partition at which browsers sign in and find the
// console. {region} stands for the region.
type consoleHosts struct {
	signin  string // of the federation endpoint
	console string // below which each region has a host; "" if AWS has published none
	all     string // the domain that all pages of the partition are in
}

// hostsOf are the hosts of each partition. Sources: "Enable custom identity broker
// access to the AWS console" in the IAM User Guide, "AWS Management Console endpoints"
// in the AWS General Reference, the guides of the partitions, and for those of the
// isolated regions the endpoint rules of the SDK's service/signin.
var hostsOf = map[string]consoleHosts{
	"aws":        {"signin.aws.amazon.com", "console.aws.amazon.com", "aws.amazon.com"},
	"aws-cn":     {"signin.amazonaws.cn", "console.amazonaws.cn", "amazonaws.cn"},
	"aws-us-gov": {"signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com", "amazonaws-us-gov.com"},
	"aws-eusc":   {"{region}.signin.amazonaws-eusc.eu", "console.amazonaws-eusc.eu", "amazonaws-eusc.eu"},
	"aws-iso":    {"{region}.signin.c2shome.ic.gov", "", "c2shome.ic.gov"},
	"aws-iso-b":  {"{region}.signin.sc2shome.sgov.gov", "", "sc2shome.sgov.gov"},
	"aws-iso-e":  {"{region}.signin.csphome.adc-e.uk", "", "csphome.adc-e.uk"},
	"aws-iso-f":  {"{region}.signin.csphome.hci.ic.gov", "", "csphome.hci.ic.gov"},
}

// ConsolePages are the services whose pages in the console have another name than the
// AWS CLI and the SDKs have for the service.
var ConsolePages = map[string]string{
	"": "console", "dynamodb": "dynamodbv2", "ssm": "systems-manager", "sso": "singlesignon", "sso-admin": "singlesignon", "identitystore": "singlesignon",
	"stepfunctions": "states", "route53": "route53/v2", "cloudfront": "cloudfront/v4", "redshift": "redshiftv2", "waf": "wafv2", "sqs": "sqs/v3", "sns": "sns/v3",
	"logs": "cloudwatch", "elbv2": "ec2", "elb": "ec2", "autoscaling": "ec2", "s3api": "s3", "cognito-idp": "cognito/v2", "ce": "costmanagement",
	"opensearch": "aos", "es": "aos", "sesv2": "ses",
}

// servicePage is the form of the name of a page, which is a part of a path.
var servicePage = lazyregexp.New(`^[a-z0-9]+(?:[/-][a-z0-9]+)*$`)

// ErrNoConsole means that AWS has published no address of a partition's console.
var ErrNoConsole = errors.New("the address of its console is not published")

// ConsolePage returns the URL of a service's page in the console, or of the console's
// first page if service is "".
func (c Client) ConsolePage(service string) (string, error) {
	page, known := ConsolePages[service]
	if !known {
		page = service
	}
	if !servicePage().MatchString(page) {
		return "", fmt.Errorf("service %q: not the name of a service, such as s3", service)
	}
	hosts := hostsOf[PartitionOf(c.Region)]
	if hosts.console == "" {
		return "", fmt.Errorf("partition %s: %w", PartitionOf(c.Region), ErrNoConsole)
	}
	if c.Region == "" {
		return fmt.Sprintf("https://%s/%s/home", hosts.console, page), nil
	}
	region := c.plainRegion()
	return fmt.Sprintf("https://%s.%s/%s/home?region=%s", region, hosts.console, page, url.QueryEscape(region)), nil
}

// plainRegion returns the region that is called without what SDKs put before its name
// for FIPS endpoints.
func (c Client) plainRegion() string { return strings.TrimPrefix(c.CalledRegion(), "fips-") }

// CheckConsolePage returns an error unless page is the URL of a page of AWS in the
// partition of c. The sign-in service sends browsers nowhere else.
func (c Client) CheckConsolePage(page string) error {
	partition := PartitionOf(c.Region)
	domain := hostsOf[partition].all
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || u.Hostname() != domain && !strings.HasSuffix(u.Hostname(), "."+domain) {
		return fmt.Errorf("not the URL of a page below https://%s, where partition %s has its console", domain, partition)
	}
	return nil
}

// federation returns the URL of the federation endpoint: that of the user's own
// sign-in service, if there is one, or that of the partition. It must be encrypted,
// since the request holds credentials.
func (c Client) federation() (string, error) {
	base := c.SigninEndpoint
	if base == "" {
		host := strings.ReplaceAll(hostsOf[PartitionOf(c.Region)].signin, "{region}", c.plainRegion())
		return "https://" + host + "/federation", nil
	}
	if err := checkEndpoint(base); err != nil {
		return "", err
	}
	u, err := url.Parse(base)
	if ip := net.ParseIP(u.Hostname()); err != nil || u.Scheme != "https" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", &UnencryptedError{u.Hostname()}
	}
	return strings.TrimRight(base, "/") + "/federation", nil
}

// UnencryptedError reports a sign-in service on another machine that is to be called
// without TLS.
type UnencryptedError struct{ Host string }

func (e *UnencryptedError) Error() string {
	return fmt.Sprintf("the sign-in service at %s has no TLS, and the request would hold credentials", e.Host)
}

// LinkLife is how long a link to the console is good for. Source: "Enable custom
// identity broker access to the AWS console" in the IAM User Guide.
const LinkLife = 15 * time.Minute

// NotAcceptedError reports that the sign-in service of the console does not accept
// credentials. It gives no reason.
type NotAcceptedError struct {
	Host     string
	Status   int
	Duration bool // a duration was asked for
}

func (e *NotAcceptedError) Error() string {
	return fmt.Sprintf("%s does not accept these credentials: %d %s", e.Host, e.Status, http.StatusText(e.Status))
}

// ConsoleLink returns the link that signs a browser in to the console with temporary
// credentials and shows a page. Whoever has the link is signed in. Life is how long
// the browser stays signed in, 0 for as long as the credentials are valid; the
// credentials of a session's session, and those of a federated user, take no other.
func (c Client) ConsoleLink(ctx context.Context, creds aws.Credentials, life time.Duration, page string) (string, error) {
	endpoint, err := c.federation()
	if err != nil {
		return "", err
	}
	token, err := c.signinToken(ctx, endpoint, creds, life)
	if err != nil {
		return "", err
	}
	return endpoint + "?" + url.Values{"Action": {"login"}, "Issuer": {"awsexec"}, "Destination": {page}, "SigninToken": {token}}.Encode(), nil
}

// signinToken asks the federation endpoint for a token. The credentials are in the
// body of the request, so that they are in no URL that somebody writes down.
func (c Client) signinToken(ctx context.Context, endpoint string, creds aws.Credentials, life time.Duration) (string, error) {
	const operation = "get a link to the console"
	session, err := json.Marshal(map[string]string{"sessionId": creds.AccessKeyID, "sessionKey": creds.SecretAccessKey, "sessionToken": creds.SessionToken})
	if err != nil {
		return "", err
	}
	form := url.Values{"Action": {"getSigninToken"}, "Session": {string(session)}}
	if life > 0 {
		form.Set("SessionDuration", strconv.Itoa(int(life/time.Second)))
	}
	var token string
	err = c.callSignIn(ctx, c.SigninEndpoint, operation, func(ctx context.Context, wire *Wire) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("User-Agent", c.AppID)
		answer, err := wire.Do(request)
		fault, _ := errors.AsType[*WireError](err)
		if err == nil && answer.StatusCode != http.StatusOK {
			fault = &WireError{Kind: BadStatus, Host: hostOf(request.URL), Status: answer.StatusCode}
			err = fault
		}
		switch {
		case fault != nil && fault.Kind == BadStatus && fault.Status/100 == 4 && fault.Status != http.StatusTooManyRequests:
			return &NotAcceptedError{fault.Host, fault.Status, life > 0}
		case err != nil:
			return err
		}
		defer answer.Body.Close()
		var out struct{ SigninToken string }
		if json.NewDecoder(answer.Body).Decode(&out) != nil || out.SigninToken == "" {
			return errors.New("the sign-in service answered without a token")
		}
		token = out.SigninToken
		return checkText("sign-in token", token, maxToken)
	})
	return token, err
}
