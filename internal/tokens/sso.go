package tokens

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SSO are the tokens of a sign-in at IAM Identity Center.
type SSO struct {
	AccessToken  string
	ExpiresAt    time.Time
	RefreshToken string // "" if there is none, as in the legacy form

	// The registration of the client, which alone may use the refresh token. Ends is
	// zero if it is not known.
	ClientID, ClientSecret string
	RegistrationEnds       time.Time
}

// State implements Token.
func (t SSO) State() State {
	return State{t.ExpiresAt, t.RefreshToken != "" && t.ClientID != "" && t.ClientSecret != "", t.RegistrationEnds}
}

// SSOFile is the file that `aws sso login` writes and the SDKs read.
type SSOFile struct{ file }

// NewSSOFile returns the file, below a user's home, of an sso-session or, if session
// is empty, of a start URL. Source: "IAM Identity Center credential provider" in the
// AWS SDKs and Tools Reference Guide.
func NewSSOFile(home, session, startURL string) SSOFile {
	sum := sha1.Sum([]byte(cmp.Or(session, startURL)))
	return SSOFile{file(filepath.Join(home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"))}
}

// SSOCopy is an SSOFile of a sign-in that is known, so that it can be written anew.
type SSOCopy struct {
	SSOFile
	StartURL, Region string
}

// Put writes a copy of t for SDKs to read, whether there is a file or not.
func (c SSOCopy) Put(t SSO) error {
	all := members{}
	all.set("startUrl", c.StartURL)
	all.set("region", c.Region)
	all.set("accessToken", t.AccessToken)
	all.set("expiresAt", formatTime(t.ExpiresAt))
	if t.RefreshToken != "" { // botocore takes an empty one for one
		all.set("refreshToken", t.RefreshToken)
	}
	if t.ClientID != "" && !t.RegistrationEnds.IsZero() {
		all.set("clientId", t.ClientID)
		all.set("clientSecret", t.ClientSecret)
		all.set("registrationExpiresAt", formatTime(t.RegistrationEnds))
	}
	return c.create(all)
}

// CLIRegistrations returns the files in which the AWS CLI keeps the registrations of a
// sign-in, below a user's home, whether they are there or not. Source: AWS CLI.
func CLIRegistrations(home, session, startURL, region string, scopes []string) []string {
	name := any(session)
	if session == "" {
		name = nil
	}
	var files []string
	for _, scopes := range [][]string{scopes, nil} { // a registration without scopes is one of a device code
		var list any
		if scopes != nil {
			list = scopes
		}
		var key strings.Builder
		for i, v := range []struct {
			name  string
			value any
		}{{"region", region}, {"scopes", list}, {"session_name", name}, {"startUrl", startURL}, {"tool", "botocore"}} {
			text, _ := json.Marshal(v.value) // strings only
			key.WriteString([]string{"{", ", "}[min(i, 1)] + strconv.Quote(v.name) + ": " + strings.ReplaceAll(string(text), `","`, `", "`))
		}
		sum := sha1.Sum([]byte(key.String() + "}"))
		if file := filepath.Join(home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"); !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	return files
}

// Load implements Store.
func (f SSOFile) Load(context.Context) (SSO, error) {
	var in struct {
		AccessToken, ExpiresAt, RefreshToken, ClientID, ClientSecret, RegistrationExpiresAt string
	}
	if err := f.read(&in); err != nil {
		return SSO{}, err
	}
	t := SSO{AccessToken: in.AccessToken, RefreshToken: in.RefreshToken, ClientID: in.ClientID, ClientSecret: in.ClientSecret}
	if t.AccessToken == "" {
		return SSO{}, f.unreadable("accessToken is missing")
	}
	var err error
	if t.ExpiresAt, err = parseTime(in.ExpiresAt); err != nil {
		return SSO{}, f.unreadable("expiresAt is missing or not a time")
	}
	if ends, err := parseTime(in.RegistrationExpiresAt); err == nil {
		t.RegistrationEnds = ends
	}
	return t, nil
}

// Save implements Store.
func (f SSOFile) Save(_ context.Context, t SSO) error {
	m := members{}
	if err := f.read(&m); err != nil {
		return err
	}
	m.set("accessToken", t.AccessToken)
	m.set("expiresAt", formatTime(t.ExpiresAt))
	m.set("refreshToken", t.RefreshToken)
	return f.write(m)
}
