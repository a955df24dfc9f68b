package awstest

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
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
		return authorization{}, errors.New("no Authorization of Signature Version 4")
	}
	return authorization{scope[0], scope[2], scope[3], strings.Split(fields["SignedHeaders"], ";"), fields["Signature"]}, nil
}

// signedBy says whether r, which claims to be signed as claim says, is so with c, and now. The request is made anew with the headers
// that the client signed, and signed by the SDK.
func signedBy(r *http.Request, claim authorization, c aws.Credentials) bool {
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
	hash := r.Header.Get("X-Amz-Content-Sha256")
	if signer.SignHTTP(context.Background(), c, rebuilt, hash, claim.service, claim.region, at) != nil {
		return false
	}
	want, err := parseAuthorization(rebuilt.Header.Get("Authorization"))
	return err == nil && slices.Equal(want.signedHeaders, claim.signedHeaders) &&
		subtle.ConstantTimeCompare([]byte(want.signature), []byte(claim.signature)) == 1
}
