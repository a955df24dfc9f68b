package awstest

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// authorization holds the claims of the Authorization header of Signature
// Version 4.
type authorization struct {
	keyID, region, service string
	signedHeaders          []string // lower case
	signature              string
}

func parseAuthorization(header string) (authorization, error) {
	rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	fields := make(map[string]string)
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/") // key ID, date, region, service, terminator
	if !ok || len(scope) != 5 {
		return authorization{}, errNotSigned
	}
	return authorization{scope[0], scope[2], scope[3], strings.Split(fields["SignedHeaders"], ";"),
		fields["Signature"]}, nil
}

// known holds the credentials that a stand-in accepts. The zero value accepts
// none.
type known struct {
	byID sync.Map // aws.Credentials by access key ID
}

// Allow lets requests signed with c do everything.
func (k *known) Allow(c aws.Credentials) { k.byID.Store(c.AccessKeyID, c) }

// The reasons to refuse a caller.
var (
	errNotSigned    = errors.New("missing Authorization of Signature Version 4")
	errUnknownKey   = errors.New("unknown access key, or another key's token")
	errExpired      = errors.New("the session has expired")
	errBadSignature = errors.New("the signature does not match the request")
)

// authorize checks that r, whose body has this hash, was signed for the service
// with credentials that are known and not expired.
func (k *known) authorize(r *http.Request, service, bodyHash string) error {
	claim, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return err
	}
	found, _ := k.byID.Load(claim.keyID)
	c, ok := found.(aws.Credentials)
	switch {
	case !ok || c.SessionToken != r.Header.Get("X-Amz-Security-Token"):
		return errUnknownKey
	case c.CanExpire && time.Now().After(c.Expires):
		return errExpired
	case claim.service != service || !signedBy(r, claim, c, bodyHash):
		return errBadSignature
	}
	return nil
}

// signedBy reports whether the signature of r, whose claims are claim, was made
// with c, and is current. It lets the SDK sign a copy of the request with the
// same signed headers.
func signedBy(r *http.Request, claim authorization, c aws.Credentials, hash string) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(at).Abs() > 15*time.Minute {
		return false
	}
	rebuilt := &http.Request{
		Method: r.Method,
		URL: &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath,
			RawQuery: r.URL.RawQuery},
		Host:   r.Host,
		Header: make(http.Header),
	}
	for _, name := range claim.signedHeaders {
		if values := r.Header.Values(name); values != nil {
			rebuilt.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if slices.Contains(claim.signedHeaders, "content-length") {
		rebuilt.ContentLength = r.ContentLength
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // as S3 requires
	if signer.SignHTTP(context.Background(), c, rebuilt, hash, claim.service, claim.region, at) != nil {
		return false
	}
	want, err := parseAuthorization(rebuilt.Header.Get("Authorization"))
	return err == nil && slices.Equal(want.signedHeaders, claim.signedHeaders) &&
		subtle.ConstantTimeCompare([]byte(want.signature), []byte(claim.signature)) == 1
}
