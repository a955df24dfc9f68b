// Presigned URLs: the signature of a request in its query.

package ststest

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxPresigned is how long a presigned URL may be valid. Source: "Authenticating
// Requests: Using Query Parameters" in the Amazon S3 API reference.
const maxPresigned = 7 * 24 * time.Hour

// authenticatePresigned is authenticate for a GET with a presigned URL. s.mu must be
// held.
func (s *Server) authenticatePresigned(r *http.Request, service string, now time.Time) (*identity, *Fault) {
	query := r.URL.Query()
	claim, fault := parseAuthorization(fmt.Sprintf("%s Credential=%s, SignedHeaders=%s, Signature=%s",
		query.Get("X-Amz-Algorithm"), query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature")))
	if fault != nil {
		return nil, fault
	}
	signed, err := time.Parse(amzDateForm, query.Get("X-Amz-Date"))
	seconds, secondsErr := strconv.Atoi(query.Get("X-Amz-Expires"))
	life := time.Duration(seconds) * time.Second
	if err != nil || secondsErr != nil || life <= 0 || life > maxPresigned || r.Method != http.MethodGet {
		return nil, incompleteSignature("Query-string authentication requires valid X-Amz-Date and X-Amz-Expires parameters.")
	}
	caller, secret, fault := s.holder(claim.keyID, query["X-Amz-Security-Token"], now)
	if fault != nil {
		return nil, fault
	}
	if fault := checkScope(claim, service, s.config.Region, query.Get("X-Amz-Date")); fault != nil {
		return nil, fault
	}
	if now.After(signed.Add(life)) || signed.After(now.Add(maxSkew)) {
		return nil, refuse(signatureFault("Signature expired: " + signed.UTC().Format(amzDateForm)))
	}
	expected, err := presign(r, claim, secret, query, signed)
	if err != nil || subtle.ConstantTimeCompare([]byte(expected), []byte(claim.signature)) != 1 {
		return nil, refuse(SignatureDoesNotMatch())
	}
	return caller, nil
}

// presign returns the signature that the URL of r should have.
func presign(r *http.Request, claim authorization, secret string, query url.Values, signed time.Time) (string, error) {
	header := make(http.Header)
	for _, name := range claim.signedHeaders {
		if values := r.Header.Values(name); values != nil {
			header[http.CanonicalHeaderKey(name)] = values
		}
	}
	token := query.Get("X-Amz-Security-Token")
	unsigned := cloneValues(query)
	for name := range query {
		if strings.HasPrefix(name, "X-Amz-") && name != "X-Amz-Expires" {
			delete(unsigned, name)
		}
	}
	rebuilt := &http.Request{
		Method: r.Method,
		URL:    &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: unsigned.Encode()},
		Host:   r.Host,
		Header: header,
	}
	empty := sha256.Sum256(nil)
	credentials := aws.Credentials{AccessKeyID: claim.keyID, SecretAccessKey: secret, SessionToken: token}
	text, _, err := v4.NewSigner().PresignHTTP(context.Background(), credentials, rebuilt, hex.EncodeToString(empty[:]), claim.service, claim.region, signed)
	if err != nil {
		return "", err
	}
	made, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	if headers := strings.Split(made.Query().Get("X-Amz-SignedHeaders"), ";"); !slices.Equal(headers, claim.signedHeaders) {
		return "", fmt.Errorf("signed headers %q, not %q", claim.signedHeaders, headers)
	}
	return made.Query().Get("X-Amz-Signature"), nil
}
