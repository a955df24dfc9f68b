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

// authorization is what the Authorization header of Signature Version 4 claims.
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
	scope := strings.Split(fields["Credential"], "/") // key id, date, region, service, terminator
	if !ok || len(scope) != 5 {
		return authorization{}, errNotSigned
	}
	return authorization{scope[0], scope[2], scope[3], strings.Split(fields["SignedHeaders"], ";"), fields["Signature"]}, nil
}

// known are the credentials that a stand-in was told of. The zero value knows none.
type known struct {
	byID sync.Map // aws.Credentials by access key id
}

// Allow lets c do everything.
func (k *known) Allow(c aws.Credentials) { k.byID.Store(c.AccessKeyID, c) }

// The reasons not to let a caller in.
var (
	errNotSigned    = errors.New("no Authorization of Signature Version 4")
	errUnknownKey   = errors.New("the access key is not known, or not with this token")
	errExpired      = errors.New("the session has expired")
	errBadSignature = errors.New("the signature is not that of this request")
)

// authorize checks that r, whose body has this hash, was signed for the service by credentials that are known and alive.
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

// signedBy says whether r, which claims to be signed as claim says, is so with c, and now. The request is made anew with the headers
// that the client signed, and signed by the SDK.
func signedBy(r *http.Request, claim authorization, c aws.Credentials, hash string) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(at).Abs() > 15*time.Minute {
		return false
	}
	rebuilt := &http.Request{
		Method: r.Method,
		URL:    &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
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
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // as S3 wants it
	if signer.SignHTTP(context.Background(), c, rebuilt, hash, claim.service, claim.region, at) != nil {
		return false
	}
	want, err := parseAuthorization(rebuilt.Header.Get("Authorization"))
	return err == nil && slices.Equal(want.signedHeaders, claim.signedHeaders) &&
		subtle.ConstantTimeCompare([]byte(want.signature), []byte(claim.signature)) == 1
}
