// Package signin has a person sign in at AWS in a browser, and returns the tokens that
// come of it. It keeps nothing but the registration of awsexec as a client, and prints
// nothing.
package signin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/tokens"
)

// loginTries is how often a person is asked for the code that a page shows.
const loginTries = 3

// Login is a sign-in as that of `aws login`: with what a person signs in with at the
// AWS console.
type Login struct {
	Client awsapi.Client
	Person LoginPerson
	Now    func() time.Time
	// Remote means that the browser may be on another machine: the person copies a
	// code from it.
	Remote bool
}

// Run has a person sign in, and returns the tokens and the ARN of who it was, which is
// the name of the login session. The tokens have a key of their own, which is nowhere
// else.
func (l Login) Run(ctx context.Context) (made tokens.Login, session string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tokens.Login{}, "", err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return tokens.Login{}, "", err
	}
	defer clear(der)
	authorize := l.here
	if l.Remote {
		authorize = l.elsewhere
	}
	request, code, done, err := authorize(ctx, rand.Text())
	if err != nil {
		return tokens.Login{}, "", err
	}
	defer done()
	began := l.Now()
	grant, err := l.Client.RedeemLogin(ctx, request, code, key, l.Now)
	if err != nil {
		return tokens.Login{}, "", err
	}
	c := grant.Credentials
	return tokens.Login{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken, AccountID: c.AccountID,
		ExpiresAt:    began.Add(grant.Life).UTC().Truncate(time.Second),
		RefreshToken: grant.RefreshToken, ClientID: grant.ClientID,
		Region:  l.Client.CalledRegion(),
		DPoPKey: string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})),
	}, grant.Session, nil
}

// here has the browser of this machine come back with the code. Done is called when the
// code has been used.
func (l Login) here(ctx context.Context, state string) (request *awsapi.LoginRequest, code string, done func(), err error) {
	redirect, err := newLoginRedirect(state)
	if err != nil {
		return nil, "", nil, err
	}
	defer func() {
		if err != nil {
			redirect.Close()
		}
	}()
	if request, err = l.Client.NewLoginRequest(ctx, redirect.URL(), state); err != nil {
		return nil, "", nil, err
	}
	if err = l.Person.Browse(ctx, request.Page); err != nil {
		return nil, "", nil, err
	}
	code, err = redirect.Wait(ctx)
	return request, code, redirect.Close, err
}

// elsewhere has the person copy the code.
func (l Login) elsewhere(ctx context.Context, state string) (request *awsapi.LoginRequest, code string, done func(), err error) {
	if request, err = l.Client.NewLoginRequest(ctx, "", state); err != nil {
		return nil, "", nil, err
	}
	if err = l.Person.Show(ctx, request.Page); err != nil {
		return nil, "", nil, err
	}
	for try := 1; ; try++ {
		text, err := l.Person.Ask(ctx, "code that the browser shows: ")
		if err != nil {
			return nil, "", nil, err
		}
		code, err := readCode(text, state)
		if _, denied := errors.AsType[*LoginDeniedError](err); err == nil || denied || try == loginTries {
			return request, code, func() {}, err
		}
		l.Person.Wrong(err)
	}
}

// ErrLoginCode means that what somebody has copied is not the code of a sign-in.
var ErrLoginCode = errors.New("that is not the code: the page shows it in one piece, which has to be copied whole")

// readCode returns the code in what the last page shows, which is a query in base64.
// Source: the AWS CLI.
func readCode(text, state string) (string, error) {
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=") // a terminal may have broken the line
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	data, err := encoding.DecodeString(text)
	if err != nil {
		return "", ErrLoginCode
	}
	query, err := url.ParseQuery(string(data))
	switch {
	case err == nil && query.Get("error") != "":
		return "", &LoginDeniedError{loginReason(query.Get("error"), query.Get("error_description"))}
	case err != nil || query.Get("code") == "" || query.Get("state") == "":
		return "", ErrLoginCode
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state)) != 1:
		return "", fmt.Errorf("%w; take the code of the page that was opened last", ErrLoginState)
	}
	return query.Get("code"), nil
}
