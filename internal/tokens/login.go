package tokens

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Login are the tokens of a login session. Its access token is credentials of AWS.
type Login struct {
	AccessKeyID, SecretAccessKey, SessionToken, AccountID string
	ExpiresAt                                             time.Time

	RefreshToken, ClientID string
	DPoPKey                string // private, in PEM form: only who has it may use the refresh token

	// Region is where somebody has signed in; "" if that is not known, as in the files
	// of the AWS CLI. The refresh token works in no other region (aws-cli issue 10613).
	Region string `json:",omitempty"`
}

// State implements Token. How long a login session can be renewed is not known.
func (t Login) State() State { return State{Expires: t.ExpiresAt, Renewable: t.RefreshToken != ""} }

// renewedFrom returns t, which a plain file has, with what such a file lacks, if it is
// of the same sign-in as own.
func (t Login) renewedFrom(own Login) Login {
	if t.DPoPKey == own.DPoPKey {
		t.Region = own.Region
	}
	return t
}

// Credentials returns the access token.
func (t Login) Credentials() aws.Credentials {
	return aws.Credentials{
		AccessKeyID: t.AccessKeyID, SecretAccessKey: t.SecretAccessKey, SessionToken: t.SessionToken, AccountID: t.AccountID,
		CanExpire: true, Expires: t.ExpiresAt, Source: "login_session",
	}
}

// Key returns the private key of t; ok is false unless it is a P-256 key, which all
// login sessions have.
func (t Login) Key() (key *ecdsa.PrivateKey, ok bool) {
	block, _ := pem.Decode([]byte(t.DPoPKey))
	if block == nil {
		return nil, false
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	return key, err == nil && key.Curve == elliptic.P256()
}

// LoginFile is the file that `aws login` writes and the SDKs read.
type LoginFile struct{ file }

// NewLoginFile returns the file of a login session in dir or, if that is empty, below
// a user's home. Source: botocore and the Go SDK.
func NewLoginFile(home, dir, session string) LoginFile {
	if dir == "" {
		dir = filepath.Join(home, ".aws", "login", "cache")
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(session)))
	return LoginFile{file(filepath.Join(dir, hex.EncodeToString(sum[:])+".json"))}
}

// Load implements Store.
func (f LoginFile) Load(context.Context) (Login, error) {
	var in struct {
		AccessToken struct {
			AccessKeyID, SecretAccessKey, SessionToken, AccountID, ExpiresAt string
		}
		RefreshToken, ClientID, DPoPKey string
	}
	if err := f.read(&in); err != nil {
		return Login{}, err
	}
	a := in.AccessToken
	for _, required := range []struct{ name, value string }{
		{"accessToken.accessKeyId", a.AccessKeyID}, {"accessToken.secretAccessKey", a.SecretAccessKey}, {"accessToken.sessionToken", a.SessionToken},
		{"accessToken.accountId", a.AccountID}, {"clientId", in.ClientID}, {"refreshToken", in.RefreshToken}, {"dpopKey", in.DPoPKey},
	} {
		if required.value == "" {
			return Login{}, f.unreadable("%s is missing", required.name)
		}
	}
	t := Login{
		AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey, SessionToken: a.SessionToken, AccountID: a.AccountID,
		RefreshToken: in.RefreshToken, ClientID: in.ClientID, DPoPKey: in.DPoPKey,
	}
	var err error
	if t.ExpiresAt, err = parseTime(a.ExpiresAt); err != nil {
		return Login{}, f.unreadable("accessToken.expiresAt is missing or not a time")
	}
	if _, ok := t.Key(); !ok {
		return Login{}, f.unreadable("dpopKey is not a P-256 key in PEM form")
	}
	return t, nil
}

// Save implements Store.
func (f LoginFile) Save(_ context.Context, t Login) error {
	var in struct{ AccessToken members }
	all := members{}
	if err := f.read(&in, &all); err != nil {
		return err
	}
	in.AccessToken.set("accessKeyId", t.AccessKeyID)
	in.AccessToken.set("secretAccessKey", t.SecretAccessKey)
	in.AccessToken.set("sessionToken", t.SessionToken)
	in.AccessToken.set("expiresAt", formatTime(t.ExpiresAt))
	all.set("accessToken", in.AccessToken)
	all.set("refreshToken", t.RefreshToken)
	return f.write(all)
}

// Put writes a copy of t for SDKs to read, whether there is a file or not.
func (f LoginFile) Put(t Login) error {
	all, access := members{}, members{}
	access.set("accessKeyId", t.AccessKeyID)
	access.set("secretAccessKey", t.SecretAccessKey)
	access.set("sessionToken", t.SessionToken)
	access.set("accountId", t.AccountID)
	access.set("expiresAt", formatTime(t.ExpiresAt))
	all.set("accessToken", access)
	all.set("tokenType", "aws_sigv4")
	all.set("clientId", t.ClientID)
	all.set("refreshToken", t.RefreshToken)
	all.set("dpopKey", t.DPoPKey)
	return f.create(all)
}
