package awstest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Lives of what a sign-in is made of. Source: IAM Identity Center.
const (
	registrationLife = 90 * 24 * time.Hour
	deviceLife       = 10 * time.Minute
	tokenLife        = time.Hour
)

// deviceGrant is the grant type of device codes (RFC 8628).
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// OIDC is how SSO signs people in. It is set before the first request.
type OIDC struct {
	StartURL string           // the only one that there is; "" for any
	Now      func() time.Time // nil for the machine's clock
	Interval time.Duration    // between two questions for the token of a device; at least a second

}

// oidcState is guarded by the mutex of SSO.
type oidcState struct {
	clients map[string]registered
	codes   map[string]issuedCode // of each code that has not been used
	devices map[string]*device    // by device code
	signIns int                   // tokens that were given for a code
	refusal string                // that browsers are sent back with; "" for none
}

// registered is a client.
type registered struct {
	secret   string
	ends     time.Time
	redirect string // "" for a client that uses device codes
	scopes   []string
}

// issuedCode is what a code is for.
type issuedCode struct {
	client, redirect, challenge string
	ends                        time.Time
}

// device is a sign-in on another device.
type device struct {
	client, userCode string
	approved, denied bool
	ends             time.Time
	asked            time.Time // when the token was asked for last
	interval         time.Duration
}

func (s *SSO) now() time.Time {
	if s.OIDC.Now != nil {
		return s.OIDC.Now()
	}
	return time.Now()
}

// SignIns returns how many tokens were given for a code of a browser or a device.
func (s *SSO) SignIns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.oidc.signIns
}

// Clients returns how many clients there are.
func (s *SSO) Clients() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.oidc.clients)
}

// ForgetClients makes all registrations unknown.
func (s *SSO) ForgetClients() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.oidc.clients)
}

// Refuse sets the error that browsers are sent back with, such as access_denied; "" for
// none.
func (s *SSO) Refuse(word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oidc.refusal = word
}

// Approve has the person at a device agree, and returns for how many sign-ins.
func (s *SSO) Approve() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.oidc.devices {
		d.approved = true
	}
	return len(s.oidc.devices)
}

// Deny has the person at a device refuse, for all sign-ins that are under way.
func (s *SSO) Deny() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.oidc.devices {
		d.denied = true
	}
}

// oidcError answers with an error of the OIDC service.
func oidcError(w http.ResponseWriter, code, word string) {
	w.Header().Set("X-Amzn-Errortype", code)
	answerJSON(w, http.StatusBadRequest, map[string]string{"error": word, "error_description": "Invalid " + word})
}

var scopeForm = regexp.MustCompile(`^[a-z]+:[a-z*]+(:[a-z*]+)?$`)

// register answers RegisterClient.
func (s *SSO) register(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientName, ClientType, IssuerURL string
		Scopes, RedirectUris, GrantTypes  []string
	}
	switch {
	case json.NewDecoder(r.Body).Decode(&in) != nil || in.ClientName == "" || in.ClientType != "public":
		oidcError(w, "InvalidClientMetadataException", "invalid_client_metadata")
		return
	case slices.ContainsFunc(in.Scopes, func(scope string) bool { return !scopeForm.MatchString(scope) }):
		oidcError(w, "InvalidScopeException", "invalid_scope")
		return
	}
	c := registered{secret: "S3CR3TMARKER" + rand.Text(), ends: s.now().Add(registrationLife), scopes: in.Scopes}
	if slices.Contains(in.GrantTypes, "authorization_code") {
		switch {
		case len(in.RedirectUris) != 1 || !isLoopback(in.RedirectUris[0]):
			oidcError(w, "InvalidRedirectUriException", "invalid_redirect_uri")
			return
		case s.OIDC.StartURL != "" && in.IssuerURL != s.OIDC.StartURL || in.IssuerURL == "" || len(in.Scopes) == 0:
			oidcError(w, "InvalidClientMetadataException", "invalid_client_metadata")
			return
		}
		c.redirect = in.RedirectUris[0]
	}
	id := rand.Text()
	s.mu.Lock()
	s.oidc.clients[id] = c
	s.mu.Unlock()
	answerJSON(w, http.StatusOK, map[string]any{"clientId": id, "clientSecret": c.secret, "clientIdIssuedAt": s.now().Unix(), "clientSecretExpiresAt": c.ends.Unix()})
}

// isLoopback reports whether a redirect is to this machine, with no port.
func isLoopback(redirect string) bool {
	u, err := url.Parse(redirect)
	return err == nil && u.Scheme == "http" && u.Host == "127.0.0.1" && u.Path == "/oauth/callback" && u.RawQuery == ""
}

// withoutPort returns an address without its port. Source: RFC 8252, 7.3.
func withoutPort(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil {
		return ""
	}
	if at, err := netip.ParseAddrPort(u.Host); err != nil || at.Port() == 0 {
		return ""
	}
	u.Host = u.Hostname()
	return u.String()
}

// authorize answers a browser, whose user signs in at once and agrees, unless
// Refuse was called.
func (s *SSO) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.oidc.clients[q.Get("client_id")]
	redirect := q.Get("redirect_uri")
	if !known || c.redirect == "" || withoutPort(redirect) != c.redirect {
		http.Error(w, "unknown client or redirect_uri", http.StatusBadRequest) // nobody is sent to an address that is not registered
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	challenge, err := base64.RawURLEncoding.DecodeString(q.Get("code_challenge"))
	switch {
	case q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || err != nil || len(challenge) != sha256.Size || len(q.Get("state")) < 20:
		back.Set("error", "invalid_request")
	case q.Get("scopes") != strings.Join(c.scopes, " "):
		back.Set("error", "invalid_scope")
	case s.oidc.refusal != "":
		back.Set("error", s.oidc.refusal)
		back.Set("error_description", "the <user> said no")
	default:
		code := "S3CR3TMARKER" + rand.Text()
		s.oidc.codes[code] = issuedCode{q.Get("client_id"), redirect, q.Get("code_challenge"), s.now().Add(codeLife)}
		back.Set("code", code)
	}
	http.Redirect(w, r, redirect+"?"+back.Encode(), http.StatusFound)
}

// startDevice answers StartDeviceAuthorization.
func (s *SSO) startDevice(w http.ResponseWriter, r *http.Request) {
	var in struct{ ClientID, ClientSecret, StartURL string }
	bad := json.NewDecoder(r.Body).Decode(&in) != nil || in.StartURL == "" || s.OIDC.StartURL != "" && in.StartURL != s.OIDC.StartURL
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case bad:
		oidcError(w, "InvalidRequestException", "invalid_request")
		return
	case !s.isClient(in.ClientID, in.ClientSecret):
		oidcError(w, "InvalidClientException", "invalid_client")
		return
	}
	d := &device{client: in.ClientID, userCode: rand.Text()[:4] + "-" + rand.Text()[:4], ends: s.now().Add(deviceLife), interval: max(s.OIDC.Interval, time.Second)}
	code := "S3CR3TMARKER" + rand.Text()
	s.oidc.devices[code] = d
	answerJSON(w, http.StatusOK, map[string]any{
		"deviceCode": code, "userCode": d.userCode, "verificationUri": s.url + "/device", "verificationUriComplete": s.url + "/device?user_code=" + d.userCode,
		"expiresIn": int(deviceLife / time.Second), "interval": int(d.interval / time.Second),
	})
}

// device answers a browser, whose user agrees to the code at once.
func (s *SSO) device(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.oidc.devices {
		if code := r.URL.Query().Get("user_code"); d.userCode == code && s.now().Before(d.ends) {
			d.approved = true
			_, _ = w.Write([]byte("Confirm the code " + code + "\n"))
			return
		}
	}
	http.Error(w, "no such code", http.StatusNotFound)
}

// isClient reports whether a client is registered.
func (s *SSO) isClient(id, secret string) bool {
	c, known := s.oidc.clients[id]
	return known && subtle.ConstantTimeCompare([]byte(c.secret), []byte(secret)) == 1 && s.now().Before(c.ends)
}

// oidcTokenRequest is the input of CreateToken.
type oidcTokenRequest struct {
	ClientID, ClientSecret, GrantType, RefreshToken string
	Code, CodeVerifier, RedirectURI                 string
	DeviceCode                                      string
}

// tokenForCode answers CreateToken for a code, which works once and with its verifier
// alone.
func (s *SSO) tokenForCode(w http.ResponseWriter, in oidcTokenRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, known := s.oidc.codes[in.Code]
	challenge := sha256.Sum256([]byte(in.CodeVerifier))
	switch {
	case !s.isClient(in.ClientID, in.ClientSecret):
		oidcError(w, "InvalidClientException", "invalid_client")
		return
	case len(in.CodeVerifier) < 43 || len(in.CodeVerifier) > 128:
		oidcError(w, "InvalidRequestException", "invalid_request")
		return
	case !known || a.client != in.ClientID || a.redirect != in.RedirectURI || a.challenge != base64.RawURLEncoding.EncodeToString(challenge[:]) || !s.now().Before(a.ends):
		oidcError(w, "InvalidGrantException", "invalid_grant")
		return
	}
	delete(s.oidc.codes, in.Code)
	s.grant(w, in.ClientID)
}

// tokenForDevice answers CreateToken for a device.
func (s *SSO) tokenForDevice(w http.ResponseWriter, in oidcTokenRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, now := s.oidc.devices[in.DeviceCode], s.now()
	switch {
	case !s.isClient(in.ClientID, in.ClientSecret):
		oidcError(w, "InvalidClientException", "invalid_client")
		return
	case d == nil || d.client != in.ClientID:
		oidcError(w, "InvalidGrantException", "invalid_grant")
		return
	case !now.Before(d.ends):
		oidcError(w, "ExpiredTokenException", "expired_token")
		return
	case d.denied:
		oidcError(w, "AccessDeniedException", "access_denied")
		return
	}
	tooFast := !d.asked.IsZero() && now.Sub(d.asked) < d.interval
	d.asked = now
	switch {
	case tooFast:
		d.interval += 5 * time.Second
		oidcError(w, "SlowDownException", "slow_down")
		return
	case !d.approved:
		oidcError(w, "AuthorizationPendingException", "authorization_pending")
		return
	}
	delete(s.oidc.devices, in.DeviceCode)
	s.grant(w, in.ClientID)
}

// grant answers with new tokens. A client without scopes gets no refresh token.
func (s *SSO) grant(w http.ResponseWriter, id string) {
	accessToken := "S3CR3TMARKER" + rand.Text()
	s.tokens[accessToken] = s.now().Add(tokenLife)
	answer := map[string]any{"accessToken": accessToken, "expiresIn": int(tokenLife / time.Second), "tokenType": "Bearer"}
	if c := s.oidc.clients[id]; len(c.scopes) > 0 {
		next := "S3CR3TMARKER" + rand.Text()
		s.refresh[next] = client{id, c.secret}
		answer["refreshToken"] = next
	}
	s.oidc.signIns++
	answerJSON(w, http.StatusOK, answer)
}

// logout answers Logout.
func (s *SSO) logout(w http.ResponseWriter, r *http.Request) {
	token := r.Header.Get("X-Amz-Sso_bearer_token")
	if !s.signedIn(token) {
		w.Header().Set("X-Amzn-Errortype", "UnauthorizedException")
		answerJSON(w, http.StatusUnauthorized, map[string]string{"message": "Session token not found or invalid"})
		return
	}
	s.SignOut(token)
	w.WriteHeader(http.StatusOK)
}
