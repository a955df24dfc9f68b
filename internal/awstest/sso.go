package awstest

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// SSO stands in for the portal of IAM Identity Center. It answers
// GetRoleCredentials for the roles of a signed-in user. Source: the AWS IAM
// Identity Center portal API reference.
type SSO struct {
	server
	roles map[SSORole]Issue

	// guarded by mu
	tokens map[string]time.Time // the expiry of each access token
}

// SSORole is a role of the portal's user in an account.
type SSORole struct{ AccountID, RoleName string }

// StartSSO starts a portal. The caller must Close it.
func StartSSO(roles map[SSORole]Issue) (*SSO, error) {
	s := &SSO{roles: roles, tokens: make(map[string]time.Time)}
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

func (s *SSO) signedIn(accessToken string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.tokens[accessToken])
}

func (s *SSO) handle(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, code, message string) {
		w.Header().Set("X-Amzn-Errortype", code)
		answerJSON(w, status, map[string]string{"message": message})
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
	data, err := json.Marshal(map[string]string{
		"startUrl":    l.StartURL,
		"region":      l.Region,
		"accessToken": l.AccessToken,
		"expiresAt":   l.Expires.UTC().Format(time.RFC3339),
	})
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("save login: %w", err)
	}
	return path, os.WriteFile(path, data, 0o600)
}
