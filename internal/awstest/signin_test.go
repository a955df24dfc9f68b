package awstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	verifier = "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz"
	callback = "http://127.0.0.1:4711/oauth/callback"
)

func startSignin(t *testing.T) *Signin {
	t.Helper()
	s, err := StartSignin(func() (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKER", SessionToken: "S3CR3TMARKER"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// prove returns a proof of possession with these claims.
func prove(t *testing.T, key *ecdsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	public, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b64(data)
	}
	message := part(map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]string{"kty": "EC", "crv": "P-256", "x": b64(public[1:33]), "y": b64(public[33:])}}) + "." + part(claims)
	digest := sha256.Sum256([]byte(message))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return message + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func (s *Signin) claims() map[string]any {
	return map[string]any{"jti": rand.Text(), "htm": "POST", "htu": s.url + "/v1/token", "iat": time.Now().Unix()}
}

// authorized returns a code.
func (s *Signin) authorized(t *testing.T) string {
	t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	answer := s.open(t, url.Values{
		"client_id": {sameDevice}, "redirect_uri": {callback}, "state": {"s"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"SHA-256"},
	})
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusFound || !strings.HasPrefix(back.String(), callback+"?") || back.Query().Get("state") != "s" {
		t.Fatalf("authorize: %d, %s, %v", answer.StatusCode, back, err)
	}
	return back.Query().Get("code")
}

func (s *Signin) open(t *testing.T, q url.Values) *http.Response {
	t.Helper()
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(s.url + "/v1/authorize?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// token asks for a token and returns the status, the word of an error, and the refresh
// token.
func (s *Signin) token(t *testing.T, proof string, body map[string]string) (status int, wrong, refresh string) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/token", strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("DPoP", proof)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var out struct{ Error, RefreshToken string }
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, out.Error, out.RefreshToken
}

func redemption(code string) map[string]string {
	return map[string]string{"clientId": sameDevice, "grantType": "authorization_code", "code": code, "codeVerifier": verifier, "redirectUri": callback}
}

func renewal(refresh string) map[string]string {
	return map[string]string{"clientId": sameDevice, "grantType": "refresh_token", "refreshToken": refresh}
}

// A code and a refresh token work once, for who has asked for them.
func TestSigninIsStrict(t *testing.T) {
	s := startSignin(t)
	key := newKey(t)
	code := s.authorized(t)
	proof := prove(t, key, s.claims())
	status, wrong, refresh := s.token(t, proof, redemption(code))
	if status != http.StatusOK || refresh == "" {
		t.Fatalf("redeem: %d %s", status, wrong)
	}
	if status, wrong, _ := s.token(t, prove(t, key, s.claims()), redemption(code)); status != http.StatusUnauthorized || wrong != "AUTHCODE_EXPIRED" {
		t.Errorf("redeem again: %d %s", status, wrong)
	}
	for name, change := range map[string]func(map[string]string){
		"verifier":     func(b map[string]string) { b["codeVerifier"] = strings.ToUpper(verifier) },
		"no verifier":  func(b map[string]string) { delete(b, "codeVerifier") },
		"redirect URI": func(b map[string]string) { b["redirectUri"] = strings.Replace(callback, "4711", "4712", 1) },
		"client":       func(b map[string]string) { b["clientId"] = crossDevice },
		"grant":        func(b map[string]string) { b["grantType"] = "password" },
	} {
		body := redemption(s.authorized(t))
		change(body)
		if status, wrong, _ := s.token(t, prove(t, key, s.claims()), body); status != http.StatusBadRequest || wrong != "INVALID_REQUEST" {
			t.Errorf("wrong %s: %d %s", name, status, wrong)
		}
	}
	for name, claim := range map[string][2]any{
		"method": {"htm", "GET"}, "URL": {"htu", s.url + "/v1/other"}, "past": {"iat", time.Now().Add(-time.Hour).Unix()}, "future": {"iat", time.Now().Add(time.Hour).Unix()}, "id": {"jti", ""},
	} {
		claims := s.claims()
		maps.Copy(claims, map[string]any{claim[0].(string): claim[1]})
		if status, wrong, _ := s.token(t, prove(t, key, claims), renewal(refresh)); status != http.StatusBadRequest || wrong != "INVALID_REQUEST" {
			t.Errorf("proof of another %s: %d %s", name, status, wrong)
		}
	}
	for name, p := range map[string]string{"used proof": proof, "no proof": "", "another key": prove(t, newKey(t), s.claims()), "changed proof": prove(t, key, s.claims()) + "A"} {
		if status, wrong, _ := s.token(t, p, renewal(refresh)); status != http.StatusBadRequest || wrong != "INVALID_REQUEST" {
			t.Errorf("%s: %d %s", name, status, wrong)
		}
	}
	status, wrong, next := s.token(t, prove(t, key, s.claims()), renewal(refresh))
	if status != http.StatusOK || next == refresh || s.Renewed() != 1 {
		t.Errorf("renew: %d %s, %d renewals", status, wrong, s.Renewed())
	}
	if status, wrong, _ := s.token(t, prove(t, key, s.claims()), renewal(refresh)); status != http.StatusUnauthorized || wrong != "TOKEN_EXPIRED" {
		t.Errorf("renew again: %d %s", status, wrong)
	}
	s.SetClock(codeLife + time.Minute)
	late := s.authorized(t)
	s.SetClock(2 * (codeLife + time.Minute))
	claims := s.claims()
	claims["iat"] = time.Now().Add(2 * (codeLife + time.Minute)).Unix()
	if status, wrong, _ := s.token(t, prove(t, key, claims), redemption(late)); status != http.StatusUnauthorized || wrong != "AUTHCODE_EXPIRED" {
		t.Errorf("late: %d %s", status, wrong)
	}
}

// A browser that comes with a wrong request gets no code.
func TestAuthorizeIsStrict(t *testing.T) {
	s := startSignin(t)
	right := url.Values{
		"client_id": {sameDevice}, "redirect_uri": {callback}, "state": {"s"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {strings.Repeat("x", 43)}, "code_challenge_method": {"SHA-256"},
	}
	for name, value := range map[string]string{
		"client_id": crossDevice, "redirect_uri": "http://evil.example/oauth/callback", "state": "", "response_type": "token", "scope": "", "code_challenge": verifier, "code_challenge_method": "plain",
	} {
		q := maps.Clone(right)
		q[name] = []string{value}
		if answer := s.open(t, q); answer.StatusCode != http.StatusBadRequest || answer.Header.Get("Location") != "" {
			t.Errorf("%s %q: %d", name, value, answer.StatusCode)
		}
	}
	if answer := s.open(t, right); answer.StatusCode != http.StatusFound {
		t.Errorf("the right request: %d", answer.StatusCode)
	}
}
