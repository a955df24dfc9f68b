package awstest

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// SSO stands in for IAM Identity Center: the portal, which answers GetRoleCredentials
// for the roles of a signed-in user, ListAccounts, ListAccountRoles and Logout, and the
// OIDC service, which signs people in and renews access tokens. A code and a refresh
// token work once. Source: the API references of the AWS IAM Identity Center portal and
// of IAM Identity Center OIDC, RFC 6749, RFC 7636 and RFC 8628.
type SSO struct {
	server
	OIDC  OIDC
	roles map[SSORole]Issue

	// guarded by mu
	tokens  map[string]time.Time // the expiry of each access token
	refresh map[string]client    // of each refresh token that has not been used
	renewed int
	oidc    oidcState

	accounts []SSOAccount // what the user may use, for the lists
	throttle int          // how many lists to come are refused
	lists    int          // that were asked for
	busy     int          // lists that are being answered
	busiest  int
}

// client is who may use a refresh token.
type client struct{ id, secret string }

// SSORole is a role of the portal's user in an account.
type SSORole struct{ AccountID, RoleName string }

// StartSSO starts a portal. The caller must Close it.
func StartSSO(roles map[SSORole]Issue) (*SSO, error) {
	s := &SSO{roles: roles, tokens: make(map[string]time.Time), refresh: make(map[string]client),
		oidc: oidcState{clients: make(map[string]registered), codes: make(map[string]issuedCode), devices: make(map[string]*device)}}
	return s, s.start(s.handle)
}

// SignIn makes an access token valid until the given time.
func (s *SSO) SignIn(accessToken string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[accessToken] = until
}

// SignOut revokes an access token.
func (s *SSO) SignOut(accessToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, accessToken)
}

// Register makes the refresh token of l valid, for the client of l alone.
func (s *SSO) Register(l Login) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh[l.RefreshToken] = client{l.ClientID, l.ClientSecret}
}

// Renewed returns how many access tokens were renewed.
func (s *SSO) Renewed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renewed
}

// Renew uses a refresh token, as any program may that knows it and the client. It
// returns a new access token that is valid for an hour, and the next refresh token. Ok
// is false for a refresh token that is unknown or was used.
func (s *SSO) Renew(id, secret, refreshToken string) (accessToken, next string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, known := s.refresh[refreshToken]
	if !known || owner != (client{id, secret}) {
		return "", "", false
	}
	delete(s.refresh, refreshToken)
	accessToken, next = "S3CR3TMARKER"+rand.Text(), "S3CR3TMARKER"+rand.Text()
	s.refresh[next], s.tokens[accessToken] = owner, time.Now().Add(time.Hour)
	s.renewed++
	return accessToken, next, true
}

// createToken answers CreateToken.
func (s *SSO) createToken(w http.ResponseWriter, r *http.Request) {
	var in oidcTokenRequest
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.ClientID == "" || in.ClientSecret == "" {
		oidcError(w, "InvalidRequestException", "invalid_request")
		return
	}
	switch in.GrantType {
	case "authorization_code":
		s.tokenForCode(w, in)
		return
	case deviceGrant:
		s.tokenForDevice(w, in)
		return
	case "refresh_token":
	default:
		oidcError(w, "UnsupportedGrantTypeException", "unsupported_grant_type")
		return
	}
	accessToken, next, ok := s.Renew(in.ClientID, in.ClientSecret, in.RefreshToken)
	if !ok {
		oidcError(w, "InvalidGrantException", "invalid_grant")
		return
	}
	answerJSON(w, http.StatusOK, map[string]any{"accessToken": accessToken, "refreshToken": next, "expiresIn": 3600, "tokenType": "Bearer"})
}

func (s *SSO) signedIn(accessToken string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now().Before(s.tokens[accessToken])
}

func (s *SSO) handle(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, code, message string) {
		w.Header().Set("X-Amzn-Errortype", code)
		answerJSON(w, status, map[string]string{"message": message})
	}
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	switch r.Method + " " + r.URL.Path {
	case "POST /token":
		s.createToken(w, r)
		return
	case "POST /client/register":
		s.register(w, r)
		return
	case "GET /authorize":
		s.authorize(w, r)
		return
	case "POST /device_authorization":
		s.startDevice(w, r)
		return
	case "GET /device":
		s.device(w, r)
		return
	case "POST /logout":
		s.logout(w, r)
		return
	case "GET /assignment/accounts", "GET /assignment/roles":
		s.list(w, r)
		return
	}
	role := SSORole{r.URL.Query().Get("account_id"), r.URL.Query().Get("role_name")}
	issue, assigned := s.roles[role]
	switch {
	case r.Method != http.MethodGet || r.URL.Path != "/federation/credentials":
		fail(http.StatusNotFound, "UnknownOperationException", "not found")
	case role.AccountID == "" || role.RoleName == "":
		fail(http.StatusBadRequest, "InvalidRequestException", "account_id and role_name are required")
	case !s.signedIn(r.Header.Get("X-Amz-Sso_bearer_token")):
		fail(http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid")
	case !assigned:
		fail(http.StatusForbidden, "ForbiddenException", "No access")
	default:
		c, err := issue()
		if err != nil {
			fail(http.StatusInternalServerError, "InternalServerException", err.Error())
			return
		}
		answerJSON(w, http.StatusOK, map[string]any{"roleCredentials": map[string]any{
			"accessKeyId":     c.AccessKeyID,
			"secretAccessKey": c.SecretAccessKey,
			"sessionToken":    c.SessionToken,
			"expiration":      c.Expires.UnixMilli(),
		}})
	}
}

// Login is the content of the file that `aws sso login` writes.
type Login struct {
	Session     string // the name of the sso-session; "" in the legacy form
	StartURL    string
	Region      string
	AccessToken string
	Expires     time.Time

	// What renews it. They are missing in the legacy form.
	ClientID, ClientSecret, RefreshToken string
	RegistrationExpires                  time.Time
}

// Save writes the login below a user's home directory, where the SDKs look for
// it, and returns the file's path. The file's name is the SHA-1 of the
// session's name or, in the legacy form, of the start URL.
func (l Login) Save(home string) (string, error) {
	name := l.Session
	if name == "" {
		name = l.StartURL
	}
	sum := sha1.Sum([]byte(name))
	path := filepath.Join(home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json")
	fields := map[string]string{
		"startUrl":    l.StartURL,
		"region":      l.Region,
		"accessToken": l.AccessToken,
		"expiresAt":   l.Expires.UTC().Format(time.RFC3339),
	}
	if l.RefreshToken != "" {
		fields["clientId"], fields["clientSecret"], fields["refreshToken"] = l.ClientID, l.ClientSecret, l.RefreshToken
		fields["registrationExpiresAt"] = l.RegistrationExpires.UTC().Format(time.RFC3339)
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("save login: %w", err)
	}
	return path, os.WriteFile(path, data, 0o600)
}
