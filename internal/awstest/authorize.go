package awstest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// codeLife is how long a code may be redeemed.
const codeLife = 5 * time.Minute

// confirmation is the page that shows a code, for a browser on another machine.
const confirmation = "/v1/sessions/confirmation"

// consent is what a code stands for, which a browser has got.
type consent struct {
	client, redirectURI, challenge string
	session                        string // who has signed in
	until                          time.Time
}

var (
	loopback  = regexp.MustCompile(`^http://127\.0\.0\.1:[0-9]+/oauth/callback$`)
	challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

// SignInAs has the one who sits at the browser sign in as session, which is an ARN.
func (s *Signin) SignInAs(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.person = session
}

// Refuse has the browser be sent back with an error until it is called with "".
func (s *Signin) Refuse(word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = word
}

// authorize answers a browser: it signs the person in, and sends the browser back with
// a code, or to the page that shows it.
func (s *Signin) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	client, back := q.Get("client_id"), q.Get("redirect_uri")
	right := client == sameDevice && loopback.MatchString(back) || client == crossDevice && back == s.url+confirmation
	if !right || q.Get("state") == "" || q.Get("response_type") != "code" || q.Get("scope") != "openid" ||
		q.Get("code_challenge_method") != "SHA-256" || !challenge.MatchString(q.Get("code_challenge")) {
		http.Error(w, "invalid request", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result := url.Values{"state": {q.Get("state")}}
	if s.refusal != "" {
		result.Set("error", s.refusal)
	} else {
		code := "S3CR3TMARKER" + rand.Text()
		s.codes[code] = consent{client, back, q.Get("code_challenge"), s.person, s.now().Add(codeLife)}
		result.Set("code", code)
	}
	http.Redirect(w, r, back+"?"+result.Encode(), http.StatusFound)
}

// confirm shows the code that a person copies: a query in base64. Source: the AWS CLI.
func (s *Signin) confirm(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><p>Your code:<pre>%s</pre>", html.EscapeString(base64.StdEncoding.EncodeToString([]byte(r.URL.RawQuery))))
}

// redeem takes a code, which counts once, and returns who has signed in. The error is
// the word of the service for what is wrong. The caller holds s.mu.
func (s *Signin) redeem(in tokenRequest) (session string, err error) {
	a, known := s.codes[in.Code]
	delete(s.codes, in.Code)
	verified := sha256.Sum256([]byte(in.CodeVerifier))
	switch {
	case !known || s.now().After(a.until):
		return "", word("AUTHCODE_EXPIRED")
	case a.client != in.ClientID || a.redirectURI != in.RedirectURI || len(in.CodeVerifier) < 43 ||
		base64.RawURLEncoding.EncodeToString(verified[:]) != a.challenge:
		return "", word("INVALID_REQUEST")
	}
	return a.session, nil
}
