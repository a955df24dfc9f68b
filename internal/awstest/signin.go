package awstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxProofAge is how old a proof of possession may be.
const maxProofAge = 5 * time.Minute

// loginLife is how long the credentials of a login session live, in seconds.
const loginLife = 900

// Signin stands in for the service that renews the credentials of `aws login`. A
// refresh token works once, and only for who proves with each request to have the key
// of its login session (DPoP, RFC 9449). Source: the AWS Sign-In API reference.
type Signin struct {
	server
	issue Issue

	// guarded by mu
	refresh map[string]*ecdsa.PublicKey // of each refresh token that has not been used
	proofs  map[string]bool             // the ids of proofs, which count once
	renewed int
}

// StartSignin starts the service. The caller must Close it.
func StartSignin(issue Issue) (*Signin, error) {
	s := &Signin{issue: issue, refresh: make(map[string]*ecdsa.PublicKey), proofs: make(map[string]bool)}
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
	s.refresh[l.RefreshToken] = &key.PublicKey
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

// loginClient is the client of `aws login` on the same machine.
const loginClient = "arn:aws:signin:::devtools/same-device"

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
		"tokenType": "aws_sigv4", "refreshToken": l.RefreshToken, "identityToken": "S3CR3TMARKERidentity", "clientId": loginClient,
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
	fail := func(status int, code, word string) {
		w.Header().Set("X-Amzn-Errortype", code)
		answerJSON(w, status, map[string]string{"error": word, "message": strings.ToLower(word)})
	}
	var in struct{ ClientID, GrantType, RefreshToken string }
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/v1/token":
		fail(http.StatusNotFound, "UnknownOperationException", "RESOURCE_NOT_FOUND")
		return
	case json.NewDecoder(r.Body).Decode(&in) != nil || in.ClientID != loginClient || in.GrantType != "refresh_token":
		fail(http.StatusBadRequest, "ValidationException", "INVALID_REQUEST")
		return
	}
	c, err := s.issue()
	if err != nil {
		fail(http.StatusInternalServerError, "InternalServerException", "server_error")
		return
	}
	next, err := s.use(in.RefreshToken, r.Header.Get("DPoP"))
	if err != nil {
		fail(http.StatusForbidden, "AccessDeniedException", err.Error())
		return
	}
	answerJSON(w, http.StatusOK, map[string]any{
		"accessToken":  map[string]string{"accessKeyId": c.AccessKeyID, "secretAccessKey": c.SecretAccessKey, "sessionToken": c.SessionToken},
		"refreshToken": next, "expiresIn": loginLife, "tokenType": "aws_sigv4",
	})
}

// use takes a refresh token and returns the next one. The error is the word of the
// service for what is wrong.
func (s *Signin) use(refreshToken, proof string) (next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.refresh[refreshToken]
	if key == nil {
		return "", errors.New("TOKEN_EXPIRED")
	}
	id, err := checkProof(proof, key, s.url+"/v1/token")
	if err != nil || s.proofs[id] {
		return "", errors.New("INVALID_REQUEST")
	}
	next = "S3CR3TMARKER" + rand.Text()
	delete(s.refresh, refreshToken)
	s.proofs[id], s.refresh[next] = true, key
	s.renewed++
	return next, nil
}

// checkProof checks a proof of possession of the private key of key for a POST to url,
// and returns the proof's id.
func checkProof(proof string, key *ecdsa.PublicKey, url string) (id string, err error) {
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		return "", errors.New("not a JSON Web Token")
	}
	var header struct {
		Typ, Alg string
		Jwk      struct{ Kty, Crv, X, Y string }
	}
	var claims struct {
		Jti, Htm, Htu string
		Iat           int64
	}
	for i, v := range []any{&header, &claims} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return "", err
		}
		if err := json.Unmarshal(data, v); err != nil {
			return "", err
		}
	}
	public, err := key.Bytes()
	if err != nil {
		return "", err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	x, y := base64.RawURLEncoding.EncodeToString(public[1:33]), base64.RawURLEncoding.EncodeToString(public[33:])
	switch age := time.Since(time.Unix(claims.Iat, 0)).Abs(); {
	case err != nil || len(signature) != 64:
		return "", errors.New("the signature has a wrong form")
	case header.Typ != "dpop+jwt" || header.Alg != "ES256" || header.Jwk.Kty != "EC" || header.Jwk.Crv != "P-256" || header.Jwk.X != x || header.Jwk.Y != y:
		return "", errors.New("another key or algorithm")
	case !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])):
		return "", errors.New("the signature is wrong")
	case claims.Htm != http.MethodPost || claims.Htu != url || claims.Jti == "" || age > maxProofAge:
		return "", errors.New("the proof is for another request")
	}
	return claims.Jti, nil
}
