package awstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// loginLife is how long the credentials of a login session live, in seconds.
const loginLife = 900

// The clients of `aws login`, for a browser on the same machine and for one elsewhere.
const (
	sameDevice  = "arn:aws:signin:::devtools/same-device"
	crossDevice = "arn:aws:signin:::devtools/cross-device"
)

// Signin stands in for the sign-in service, at which `aws login` gets credentials and
// renews them. A code works once, for who has the verifier of its challenge (PKCE). A
// refresh token works once, for the client that got it and who proves with each request
// to have the key of its login session (DPoP, RFC 9449). Source: the AWS Sign-In API
// reference, and the AWS CLI for what browsers see.
type Signin struct {
	server
	known
	issue Issue

	// guarded by mu
	codes   map[string]consent
	refresh map[string]holder // of each refresh token that has not been used
	proofs  map[string]bool   // the ids of proofs, which count once
	renewed int
	revoked int
	person  string // who signs in
	refusal string
	ahead   time.Duration
}

// holder is who may use a refresh token.
type holder struct {
	client string
	key    ecdsa.PublicKey
}

// word is an error, in the service's own terms.
type word string

func (w word) Error() string { return string(w) }

// tokenRequest is the body of CreateOAuth2Token.
type tokenRequest struct {
	ClientID, GrantType             string
	Code, CodeVerifier, RedirectURI string
	RefreshToken                    string
}

// StartSignin starts the service. The caller must Close it.
func StartSignin(issue Issue) (*Signin, error) {
	s := &Signin{
		issue: issue, codes: make(map[string]consent), refresh: make(map[string]holder), proofs: make(map[string]bool),
		person: "arn:aws:iam::123456789012:user/somebody",
	}
	return s, s.start(s.handle)
}

// LoginSession is the content of the file that `aws login` writes.
type LoginSession struct {
	Session      string // the identity of who signed in
	Credentials  aws.Credentials
	RefreshToken string
	Key          *ecdsa.PrivateKey
}

// SignIn returns a new login session, whose credentials are c.
func (s *Signin) SignIn(session string, c aws.Credentials) (LoginSession, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return LoginSession{}, err
	}
	l := LoginSession{Session: session, Credentials: c, RefreshToken: "S3CR3TMARKER" + rand.Text(), Key: key}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh[l.RefreshToken] = holder{sameDevice, key.PublicKey}
	s.Allow(c)
	return l, nil
}

// SignOut ends all login sessions: their refresh tokens are refused.
func (s *Signin) SignOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.refresh)
}

// Renewed returns how many login sessions were renewed.
func (s *Signin) Renewed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renewed
}

// Revoked returns how many login sessions were revoked.
func (s *Signin) Revoked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revoked
}

// SetClock sets how far the clock of the service is ahead.
func (s *Signin) SetClock(ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = ahead
}

// now returns the time of the service. The caller holds s.mu.
func (s *Signin) now() time.Time { return time.Now().Add(s.ahead) }

// Save writes l below a user's home directory, where the SDKs look for it, and returns
// the file's path. The file's name is the SHA-256 of the session's name.
func (l LoginSession) Save(home string) (string, error) {
	der, err := x509.MarshalECPrivateKey(l.Key)
	if err != nil {
		return "", err
	}
	c := l.Credentials
	data, err := json.Marshal(map[string]any{
		"accessToken": map[string]string{
			"accessKeyId": c.AccessKeyID, "secretAccessKey": c.SecretAccessKey, "sessionToken": c.SessionToken,
			"accountId": c.AccountID, "expiresAt": c.Expires.UTC().Format(time.RFC3339),
		},
		"tokenType": "aws_sigv4", "refreshToken": l.RefreshToken, "identityToken": "S3CR3TMARKERidentity", "clientId": sameDevice,
		"dpopKey": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		return "", err
	}
	path := filepath.Join(home, ".aws", "login", "cache", fmt.Sprintf("%x.json", sha256.Sum256([]byte(l.Session))))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("save login: %w", err)
	}
	return path, os.WriteFile(path, data, 0o600)
}

func (s *Signin) handle(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	s.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "GET /v1/authorize":
		s.authorize(w, r)
	case "GET " + confirmation:
		s.confirm(w, r)
	case "POST /v1/token":
		s.createToken(w, r)
	case "POST /v1/revoke":
		s.revoke(w, r)
	default:
		failSignin(w, "RESOURCE_NOT_FOUND")
	}
}

// failSignin answers with an error of the service.
func failSignin(w http.ResponseWriter, word string) {
	status, code := http.StatusBadRequest, "ValidationException"
	switch word {
	case "TOKEN_EXPIRED", "AUTHCODE_EXPIRED":
		status, code = http.StatusUnauthorized, "AccessDeniedException"
	case "INSUFFICIENT_PERMISSIONS", "USER_CREDENTIALS_CHANGED":
		status, code = http.StatusForbidden, "AccessDeniedException"
	case "RESOURCE_NOT_FOUND":
		status, code = http.StatusNotFound, "ResourceNotFoundException"
	case "server_error":
		status, code = http.StatusInternalServerError, "InternalServerException"
	}
	w.Header().Set("X-Amzn-Errortype", code)
	answerJSON(w, status, map[string]string{"error": word, "message": strings.ToLower(word)})
}

// revoke answers RevokeOAuth2TokenWithIAM, which credentials of a login session sign.
func (s *Signin) revoke(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var in struct{ Token string }
	sum := sha256.Sum256(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	bad := err != nil || json.Unmarshal(body, &in) != nil
	_, found := s.refresh[in.Token]
	switch {
	case bad || r.URL.RawQuery != "x-amz-client-auth-method=iam":
		failSignin(w, "INVALID_REQUEST")
	case s.known.authorize(r, "signin", hex.EncodeToString(sum[:])) != nil:
		failSignin(w, "INSUFFICIENT_PERMISSIONS")
	case !found:
		failSignin(w, "TOKEN_EXPIRED")
	default:
		delete(s.refresh, in.Token)
		s.revoked++
	}
}

// createToken answers CreateOAuth2Token.
func (s *Signin) createToken(w http.ResponseWriter, r *http.Request) {
	var in tokenRequest
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.ClientID != sameDevice && in.ClientID != crossDevice {
		failSignin(w, "INVALID_REQUEST")
		return
	}
	c, err := s.issue()
	if err != nil {
		failSignin(w, "server_error")
		return
	}
	next, session, err := s.grant(in, r.Header.Get("DPoP"))
	if err != nil {
		failSignin(w, err.Error())
		return
	}
	s.Allow(c)
	answer := map[string]any{
		"accessToken":  map[string]string{"accessKeyId": c.AccessKeyID, "secretAccessKey": c.SecretAccessKey, "sessionToken": c.SessionToken},
		"refreshToken": next, "expiresIn": loginLife, "tokenType": "aws_sigv4",
	}
	if session != "" {
		answer["idToken"] = idToken(session, in.ClientID)
	}
	answerJSON(w, http.StatusOK, answer)
}

// grant returns the refresh token that a request gets and, if it has a code, who has
// signed in. The error is a word.
func (s *Signin) grant(in tokenRequest, proof string) (next, session string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, id, err := readProof(proof, s.url+"/v1/token", s.now())
	if err != nil || s.proofs[id] {
		return "", "", word("INVALID_REQUEST")
	}
	s.proofs[id] = true
	switch in.GrantType {
	case "authorization_code":
		session, err = s.redeem(in)
	case "refresh_token":
		err = s.use(in, key)
	default:
		err = word("INVALID_REQUEST")
	}
	if err != nil {
		return "", "", err
	}
	next = "S3CR3TMARKER" + rand.Text()
	s.refresh[next] = holder{in.ClientID, *key}
	return next, session, nil
}

// use takes a refresh token. The caller holds s.mu.
func (s *Signin) use(in tokenRequest, key *ecdsa.PublicKey) error {
	h, known := s.refresh[in.RefreshToken]
	switch {
	case !known:
		return word("TOKEN_EXPIRED")
	case h.client != in.ClientID || !h.key.Equal(key):
		return word("INVALID_REQUEST")
	}
	delete(s.refresh, in.RefreshToken)
	s.renewed++
	return nil
}

// idToken returns a token that names who has signed in, with a signature of no value.
func idToken(session, client string) string {
	part := func(v map[string]any) string {
		data, _ := json.Marshal(v) // strings and numbers
		return base64.RawURLEncoding.EncodeToString(data)
	}
	return part(map[string]any{"alg": "ES384", "typ": "JWT"}) + "." + part(map[string]any{"sub": session, "aud": client, "iat": time.Now().Unix()}) + "." +
		base64.RawURLEncoding.EncodeToString([]byte("S3CR3TMARKER"))
}
