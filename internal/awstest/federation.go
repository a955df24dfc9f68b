package awstest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// signinTokenLife is how long a sign-in token is good for. Source: "Enable custom
// identity broker access to the AWS console" in the IAM User Guide, as all rules here.
const signinTokenLife = 15 * time.Minute

// Limits of SessionDuration in seconds.
const (
	minConsole = 900
	maxConsole = 43200
)

// Federation stands in for the federation endpoint of AWS Sign-In, which turns
// temporary credentials into a link that signs a browser in to the console.
type Federation struct {
	server
	check func(aws.Credentials) (ConsoleCredentials, error)

	// guarded by mu
	tokens map[string]*signinToken

	signedIn chan ConsoleSignIn
}

// mostSignIns is how many browsers can be signed in before somebody asks for them.
const mostSignIns = 1000

// ConsoleCredentials is what the endpoint knows of credentials.
type ConsoleCredentials struct {
	ARN       string
	User      bool // a session of GetSessionToken
	Federated bool // a session of GetFederationToken
	Chained   bool // of a role that a session has assumed
}

// ConsoleSignIn is a browser that a link has signed in.
type ConsoleSignIn struct {
	ARN         string
	Destination string
	Duration    time.Duration // that was asked for, 0 for none
	UserAgent   string
}

type signinToken struct {
	arn      string
	duration time.Duration
	expires  time.Time
}

// StartFederation starts the endpoint. Check returns what is known of credentials, and
// an error for those that are not valid. The caller must Close it.
func StartFederation(check func(aws.Credentials) (ConsoleCredentials, error)) (*Federation, error) {
	f := &Federation{check: check, tokens: make(map[string]*signinToken), signedIn: make(chan ConsoleSignIn, mostSignIns)}
	return f, f.start(f.handle)
}

// SignedIn receives the browsers that are signed in, in order.
func (f *Federation) SignedIn() <-chan ConsoleSignIn { return f.signedIn }

// Expire lets all sign-in tokens expire.
func (f *Federation) Expire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

func (f *Federation) handle(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/federation" || r.ParseForm() != nil {
		noReason(w, http.StatusNotFound)
		return
	}
	switch r.Form.Get("Action") {
	case "getSigninToken":
		f.getSigninToken(w, r.Form)
	case "login":
		f.login(w, r)
	default:
		noReason(w, http.StatusBadRequest)
	}
}

// noReason answers as the endpoint does: a page without a reason.
func noReason(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html><html><head><title>HTTP Status %d</title></head><body></body></html>\n", status)
}

// getSigninToken answers with a sign-in token for the credentials in Session.
func (f *Federation) getSigninToken(w http.ResponseWriter, in url.Values) {
	var session struct{ SessionID, SessionKey, SessionToken string }
	decoder := json.NewDecoder(strings.NewReader(in.Get("Session")))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&session) != nil || session.SessionID == "" || session.SessionKey == "" || session.SessionToken == "" {
		noReason(w, http.StatusBadRequest)
		return
	}
	known, err := f.check(aws.Credentials{AccessKeyID: session.SessionID, SecretAccessKey: session.SessionKey, SessionToken: session.SessionToken})
	if err != nil || known.User {
		noReason(w, http.StatusBadRequest)
		return
	}
	made := &signinToken{arn: known.ARN, expires: time.Now().Add(signinTokenLife)}
	if in.Has("SessionDuration") {
		seconds, err := strconv.Atoi(in.Get("SessionDuration"))
		if err != nil || seconds < minConsole || seconds > maxConsole || known.Chained || known.Federated {
			noReason(w, http.StatusBadRequest)
			return
		}
		made.duration = time.Duration(seconds) * time.Second
	}
	token := "S3CR3TMARKER" + rand.Text()
	f.mu.Lock()
	f.tokens[token] = made
	f.mu.Unlock()
	answerJSON(w, http.StatusOK, map[string]string{"SigninToken": token})
}

// login signs a browser in. AWS would redirect it to the destination, which is not
// here: the page names it instead.
func (f *Federation) login(w http.ResponseWriter, r *http.Request) {
	destination, err := url.Parse(r.Form.Get("Destination"))
	f.mu.Lock()
	token := f.tokens[r.Form.Get("SigninToken")]
	f.mu.Unlock()
	if err != nil || destination.Scheme != "https" || destination.Host == "" || token == nil || time.Now().After(token.expires) {
		noReason(w, http.StatusBadRequest)
		return
	}
	f.signedIn <- ConsoleSignIn{token.arn, destination.String(), token.duration, r.UserAgent()}
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	fmt.Fprintf(w, "<!doctype html><html><head><title>Console</title></head><body>%s is signed in to %s</body></html>\n",
		html.EscapeString(token.arn), html.EscapeString(destination.String()))
}
