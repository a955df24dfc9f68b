package awstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/smithy-go"
)

var session = aws.Credentials{
	AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKER0000000000000000000000000000", SessionToken: "S3CR3TMARKERtoken",
	CanExpire: true, Expires: time.Now().Add(time.Hour).Truncate(time.Second), AccountID: "123456789012",
}

func issue() (aws.Credentials, error) { return session, nil }

// running returns a function that closes a stand-in at the end of the test.
func running[S interface{ Close() }](t *testing.T) func(S, error) S {
	return func(s S, err error) S {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
}

// isSession checks the credentials that an SDK got from a stand-in.
func isSession(t *testing.T, c aws.Credentials, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if c.AccessKeyID != session.AccessKeyID || c.SecretAccessKey != session.SecretAccessKey || c.SessionToken != session.SessionToken ||
		!c.CanExpire || !c.Expires.Equal(session.Expires) {
		t.Errorf("the SDK got key %s until %v", c.AccessKeyID, c.Expires)
	}
}

// addHeaders adds headers given as "Name: value"; it ignores "".
func addHeaders(r *http.Request, headers []string) {
	for _, h := range headers {
		if name, value, ok := strings.Cut(h, ": "); ok {
			r.Header.Set(name, value)
		}
	}
}

// ask sends a request with headers given as "Name: value" and returns status
// and body.
func ask(t *testing.T, method, url string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	addHeaders(r, headers)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestIMDS(t *testing.T) {
	s := running[*IMDS](t)(StartIMDS("machine", issue))
	client := imds.New(imds.Options{Endpoint: s.URL()})
	c, err := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = client }).Retrieve(t.Context())
	isSession(t, c, err)

	const path, life = "/latest/meta-data/iam/security-credentials/", "X-aws-ec2-metadata-token-ttl-seconds: "
	_, token := ask(t, "PUT", s.URL()+"/latest/api/token", life+"60")
	for _, tt := range []struct {
		method, path, header string
		status               int
	}{
		{"GET", path, "", 401},
		{"GET", path + "machine", "", 401},
		{"GET", path, "X-aws-ec2-metadata-token: " + token, 200},
		{"GET", path + "other", "X-aws-ec2-metadata-token: " + token, 404},
		{"POST", path, "X-aws-ec2-metadata-token: " + token, 405},
		{"GET", "/latest/api/token", life + "60", 405},
		{"PUT", "/latest/api/token", "", 400},
		{"PUT", "/latest/api/token", life + "0", 400},
		{"PUT", "/latest/api/token", life + "21601", 400},
	} {
		if status, _ := ask(t, tt.method, s.URL()+tt.path, tt.header); status != tt.status {
			t.Errorf("%s %s with %.12q: %d, want %d", tt.method, tt.path, tt.header, status, tt.status)
		}
	}
	if status, _ := ask(t, "PUT", s.URL()+"/latest/api/token", life+"60", "X-Forwarded-For: 10.0.0.1"); status != 403 {
		t.Errorf("a forwarded request for a token: %d", status)
	}
	bare := running[*IMDS](t)(StartIMDS("", issue))
	_, token = ask(t, "PUT", bare.URL()+"/latest/api/token", life+"60")
	if status, _ := ask(t, "GET", bare.URL()+path, "X-aws-ec2-metadata-token: "+token); status != 404 {
		t.Errorf("an instance without a role: %d", status)
	}
}

func TestContainer(t *testing.T) {
	const token = "S3CR3TMARKER of the container"
	s := running[*Container](t)(StartContainer(token, issue))
	c, err := endpointcreds.New(s.CredentialsURL(), func(o *endpointcreds.Options) { o.AuthorizationToken = token }).Retrieve(t.Context())
	isSession(t, c, err)
	for _, tt := range []struct {
		method, url, token, code string
		status                   int
	}{
		{"GET", s.CredentialsURL(), "", "MissingToken", 401},
		{"GET", s.CredentialsURL(), token + "x", "InvalidToken", 403},
		{"GET", s.URL() + "/other", token, "NotFound", 404},
		{"POST", s.CredentialsURL(), token, "MethodNotAllowed", 405},
	} {
		status, body := ask(t, tt.method, tt.url, "Authorization: "+tt.token)
		var answer struct{ Code, Message string }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != tt.status || answer.Code != tt.code || answer.Message == "" {
			t.Errorf("want %d %s, got %d %+v, error %v", tt.status, tt.code, status, answer, err)
		}
	}
	broken := running[*Container](t)(StartContainer(token, func() (aws.Credentials, error) { return session, errors.New("no role") }))
	if status, _ := ask(t, "GET", broken.CredentialsURL(), "Authorization: "+token); status != 500 {
		t.Errorf("without credentials: %d", status)
	}
}

func TestSSO(t *testing.T) {
	s := running[*SSO](t)(StartSSO(map[SSORole]Issue{{"123456789012", "Admin"}: issue}))
	const token, startURL = "S3CR3TMARKERaccess", "https://d-1.awsapps.example/start"
	client := sso.New(sso.Options{Region: "eu-west-1", BaseEndpoint: aws.String(s.URL()), Retryer: aws.NopRetryer{}})
	retrieve := func(l Login, role string) (aws.Credentials, error) {
		t.Helper()
		path, err := l.Save(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		name := l.Session
		if name == "" {
			name = l.StartURL
		}
		standard, err := ssocreds.StandardCachedTokenFilepath(name)
		if err != nil || filepath.Base(standard) != filepath.Base(path) {
			t.Errorf("saved as %s, the SDK looks for %s, error %v", filepath.Base(path), filepath.Base(standard), err)
		}
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("the login's file: %v, error %v", info.Mode(), err)
		}
		return ssocreds.New(client, "123456789012", role, startURL, func(o *ssocreds.Options) {
			o.CachedTokenFilepath = path
			if l.Session != "" {
				o.SSOTokenProvider = ssocreds.NewSSOTokenProvider(nil, path)
			}
		}).Retrieve(t.Context())
	}
	legacy := Login{StartURL: startURL, Region: "eu-west-1", AccessToken: token, Expires: time.Now().Add(time.Hour)}
	withSession := legacy
	withSession.Session = "corp"

	refused := func(l Login, role, code string) {
		t.Helper()
		var api smithy.APIError
		if _, err := retrieve(l, role); !errors.As(err, &api) || api.ErrorCode() != code {
			t.Errorf("error %v, want %s", err, code)
		}
	}
	refused(legacy, "Admin", "UnauthorizedException")
	s.SignIn(token, time.Now().Add(time.Hour))
	for _, l := range []Login{legacy, withSession} {
		c, err := retrieve(l, "Admin")
		isSession(t, c, err)
	}
	refused(withSession, "Root", "ForbiddenException")
	s.SignOut(token)
	refused(withSession, "Admin", "UnauthorizedException")
}

func TestS3(t *testing.T) {
	s := running[*S3](t)(StartS3("state"))
	call := func(method, path, body string, c aws.Credentials, headers ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		addHeaders(r, headers)
		sum := sha256.Sum256([]byte(body))
		hash := hex.EncodeToString(sum[:])
		if strings.Contains(body, ";chunk-signature=") {
			hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
		}
		r.Header.Set("X-Amz-Content-Sha256", hash)
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err := signer.SignHTTP(context.Background(), c, r, hash, "s3", "eu-west-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		if path == "/state/changed" {
			r.Body = io.NopCloser(strings.NewReader("x" + body[1:]))
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(answer)
	}
	forged, late := session, session
	forged.SecretAccessKey += "x"
	late.AccessKeyID, late.Expires = "ASIAIOSFODNN7EXPIRED", time.Now().Add(-time.Second)
	if status, answer := call("GET", "/state/a", "", session); status != 403 || !strings.Contains(answer, "InvalidAccessKeyId") {
		t.Errorf("an unknown key: %d %s", status, answer)
	}
	s.Allow(session)
	s.Allow(late)
	for _, tt := range []struct {
		method, path, body string
		who                aws.Credentials
		header             string
		status             int
		answer             string
	}{
		{"GET", "/state/a", "", forged, "", 403, "SignatureDoesNotMatch"},
		{"GET", "/state/a", "", late, "", 400, "ExpiredToken"},
		{"GET", "/state/a", "", session, "", 404, "NoSuchKey"},
		{"GET", "/nowhere/a", "", session, "", 404, "NoSuchBucket"},
		{"PUT", "/state/changed", "text", session, "", 400, "XAmzContentSHA256Mismatch"},
		{"PUT", "/state/a", "text", session, "If-None-Match: *", 200, ""},
		{"PUT", "/state/a", "other", session, "If-None-Match: *", 412, "PreconditionFailed"},
		{"GET", "/state/a", "", session, "", 200, "text"},
		{"HEAD", "/state/a", "", session, "", 200, ""},
		{"HEAD", "/state", "", session, "", 200, ""},
		{"PUT", "/state/env:/x/b", "more", session, "", 200, ""},
		{"GET", "/state?list-type=2&prefix=env%3A%2F", "", session, "", 200, "<Contents><Key>env:/x/b</Key>"},
		{"GET", "/state?list-type=2&delimiter=%2F", "", session, "", 200, "<CommonPrefixes><Prefix>env:/</Prefix></CommonPrefixes>"},
		{"GET", "/state?location=", "", session, "", 200, "<LocationConstraint>eu-west-1</LocationConstraint>"},
		{"PUT", "/state/c", "3;chunk-signature=a\r\none\r\n3;chunk-signature=b\r\ntwo\r\n0;chunk-signature=c\r\n\r\n", session, "", 200, ""},
		{"GET", "/state/c", "", session, "Range: bytes=2-3", 206, "et"},
		{"PUT", "/state/c", "9;chunk-signature=a\r\nshort\r\n", session, "", 400, "IncompleteBody"},
		{"DELETE", "/state/a", "", session, "", 204, ""},
		{"GET", "/state/a", "", session, "", 404, "NoSuchKey"},
	} {
		if status, answer := call(tt.method, tt.path, tt.body, tt.who, tt.header); status != tt.status || !strings.Contains(answer, tt.answer) {
			t.Errorf("%s %s by %s: %d %q, want %d %q", tt.method, tt.path, tt.who.AccessKeyID, status, answer, tt.status, tt.answer)
		}
	}
	if data, ok := s.Object("state", "env:/x/b"); !ok || !bytes.Equal(data, []byte("more")) {
		t.Errorf("the object is %q, there: %v", data, ok)
	}
	if calls := s.Calls(); len(calls) != 20 || calls[6].AccessKeyID != session.AccessKeyID || calls[6].Status != 200 {
		t.Errorf("%d calls recorded", len(calls))
	}
}

func TestJSON(t *testing.T) {
	s := running[*JSON](t)(StartJSON("kms", map[string]func([]byte) any{"Encrypt": func(request []byte) any { return map[string]int{"Size": len(request)} }}))
	s.Allow(session)
	for _, tt := range []struct {
		service, target string
		status          int
		answer          string
	}{
		{"kms", "TrentService.Encrypt", 200, `{"Size":2}`},
		{"kms", "TrentService.Decrypt", 400, "UnknownOperationException"},
		{"ecr", "TrentService.Encrypt", 400, "UnrecognizedClientException"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", tt.target)
		sum := sha256.Sum256([]byte("{}"))
		if err := v4.NewSigner().SignHTTP(context.Background(), session, r, hex.EncodeToString(sum[:]), tt.service, "eu-west-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != tt.status || !strings.Contains(string(answer), tt.answer) {
			t.Errorf("%s of %s: %d %s, %v", tt.target, tt.service, res.StatusCode, answer, err)
		}
	}
}

// The life of a stack, and callers who may not use it.
func TestCloudFormation(t *testing.T) {
	s := running[*CloudFormation](t)(StartCloudFormation())
	call := func(c aws.Credentials, action string, params ...string) (int, string) {
		t.Helper()
		form := url.Values{"Action": {action}, "Version": {"2010-05-15"}, "StackName": {"Demo"}}
		for i := 0; i < len(params); i += 2 {
			form.Set(params[i], params[i+1])
		}
		body := form.Encode()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(body))
		if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), "cloudformation", "eu-west-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(answer)
	}
	if status, answer := call(session, "DescribeStacks"); status != 403 || !strings.Contains(answer, "AccessDenied") {
		t.Errorf("an unknown key: %d %s", status, answer)
	}
	s.Allow(session)
	forged := session
	forged.SecretAccessKey += "x"
	for _, tt := range []struct {
		who    aws.Credentials
		action string
		params []string
		status int
		answer string
	}{
		{forged, "DescribeStacks", nil, 403, "AccessDenied"},
		{session, "DescribeStacks", nil, 400, "does not exist"},
		{session, "CreateStack", nil, 400, "TemplateBody"},
		{session, "CreateStack", []string{"TemplateBody", "{}"}, 200, "<CreateStackResult><StackId>arn:aws:cloudformation:"},
		{session, "CreateStack", []string{"TemplateBody", "{}"}, 400, "AlreadyExistsException"},
		{session, "DescribeStacks", nil, 200, "<Stacks><member><StackId>"},
		{session, "DescribeStacks", nil, 200, "<StackStatus>CREATE_COMPLETE</StackStatus></member></Stacks>"},
		{session, "GetTemplate", nil, 200, "<TemplateBody>{}</TemplateBody>"},
		{session, "UpdateStack", nil, 400, "InvalidAction"},
		{session, "DeleteStack", nil, 200, "DeleteStackResponse"},
		{session, "DescribeStacks", nil, 400, "does not exist"},
		{session, "DescribeStacks", []string{"StackName", (&stack{name: "Demo"}).id()}, 200, "<StackStatus>DELETE_COMPLETE</StackStatus>"},
		{session, "CreateChangeSet", []string{"TemplateBody", "{}", "ChangeSetName", "a"}, 200, "<Id>arn:aws:cloudformation:eu-west-1:123456789012:changeSet/a"},
		{session, "DescribeStacks", nil, 200, "<StackStatus>REVIEW_IN_PROGRESS</StackStatus>"},
		{session, "DescribeChangeSet", []string{"ChangeSetName", "b"}, 400, "ChangeSetNotFound"},
		{session, "DescribeChangeSet", []string{"ChangeSetName", "a"}, 200, "<Status>CREATE_COMPLETE</Status>"},
		{session, "ExecuteChangeSet", []string{"ChangeSetName", "a"}, 200, "ExecuteChangeSetResponse"},
		{session, "GetTemplate", nil, 200, "<TemplateBody>{}</TemplateBody>"},
	} {
		if status, answer := call(tt.who, tt.action, tt.params...); status != tt.status || !strings.Contains(answer, tt.answer) {
			t.Errorf("%s %q: %d %q, want %d %q", tt.action, tt.params, status, answer, tt.status, tt.answer)
		}
		if text, ok := s.Template("Demo"); tt.action == "GetTemplate" && (!ok || text != "{}") {
			t.Errorf("the template is %q, there: %v", text, ok)
		}
	}
}
