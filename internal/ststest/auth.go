// Signature Version 4: finding the signer of a request.

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
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	signingAlgorithm = "AWS4-HMAC-SHA256"
	amzDateForm      = "20060102T150405Z"
	maxSkew          = 15 * time.Minute
)

// authorization holds the claims of the Authorization header of Signature
// Version 4.
type authorization struct {
	keyID, date, region, service, terminator string
	signedHeaders                            []string // lower case
	signature                                string
}

func parseAuthorization(header string) (authorization, *Fault) {
	var a authorization
	if header == "" {
		return a, refuse(MissingAuthenticationToken())
	}
	rest, ok := strings.CutPrefix(header, signingAlgorithm+" ")
	if !ok {
		return a, incompleteSignature("Unsupported AWS 'algorithm'.")
	}
	fields := make(map[string]string)
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if fields[name] == "" {
			return a, incompleteSignature(fmt.Sprintf("Authorization header requires '%s' parameter.", name))
		}
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 5 {
		return a, incompleteSignature("Credential must have exactly 5 slash-delimited elements.")
	}
	a.keyID, a.date, a.region, a.service, a.terminator = scope[0], scope[1], scope[2], scope[3], scope[4]
	a.signedHeaders = strings.Split(fields["SignedHeaders"], ";")
	a.signature = fields["Signature"]
	return a, nil
}

// authenticate returns the identity that signed the request, or the reason for
// refusing it. s.mu must be held.
func (s *Server) authenticate(r *http.Request, body []byte, service string, now time.Time) (*identity, *Fault) {
	if r.URL.Query().Has("X-Amz-Signature") {
		return s.authenticatePresigned(r, service, now)
	}
	claim, fault := parseAuthorization(r.Header.Get("Authorization"))
	if fault != nil {
		return nil, fault
	}
	date := r.Header.Get("X-Amz-Date")
	signed, err := time.Parse(amzDateForm, date)
	if err != nil {
		return nil, incompleteSignature("Authorization header requires existence of a valid 'X-Amz-Date' header.")
	}
	caller, secret, fault := s.holder(claim.keyID, r.Header.Values("X-Amz-Security-Token"), now)
	if fault != nil {
		return nil, fault
	}
	region := s.config.Region
	if service == "iam" {
		region = iamRegions[partitionOf(caller)]
	}
	if fault := checkScope(claim, service, region, date); fault != nil {
		return nil, fault
	}
	if fault := checkSkew(signed, now); fault != nil {
		return nil, fault
	}
	expected, err := sign(r, body, claim, secret, signed)
	if err != nil || !slices.Equal(expected.signedHeaders, claim.signedHeaders) ||
		subtle.ConstantTimeCompare([]byte(expected.signature), []byte(claim.signature)) != 1 {
		return nil, refuse(SignatureDoesNotMatch())
	}
	// Source: "Request temporary security credentials" in the IAM User Guide.
	// IAM gives the error of an unknown key.
	if service == "iam" && caller.temporary && (caller.user != nil && !caller.mfa || caller.federated) {
		return nil, refuse(InvalidClientTokenID())
	}
	if key := s.keys[claim.keyID]; key != nil {
		key.used, key.usedService, key.usedRegion = now, service, claim.region
	}
	return caller, nil
}

// holder returns the identity that a key belongs to, and the secret that must
// have signed the request.
func (s *Server) holder(keyID string, tokens []string, now time.Time) (caller *identity, secret string,
	fault *Fault) {
	if key := s.keys[keyID]; key != nil && key.active && len(tokens) == 0 && key.known(now) {
		return key.owner.identity(), key.secret, nil
	}
	session := s.sessions[keyID]
	if session == nil || len(tokens) != 1 || subtle.ConstantTimeCompare([]byte(tokens[0]),
		[]byte(session.token)) != 1 {
		return nil, "", refuse(InvalidClientTokenID())
	}
	if !now.Before(session.expires) {
		return nil, "", refuse(ExpiredToken())
	}
	return &session.identity, session.secret, nil
}

// checkScope checks the scope of a signature. An empty region matches any.
func checkScope(claim authorization, service, region, date string) *Fault {
	message := ""
	switch {
	case claim.terminator != "aws4_request":
		message = fmt.Sprintf("Credential should be scoped with a valid terminator: 'aws4_request', not '%s'.", claim.terminator)
	case claim.service != service:
		message = fmt.Sprintf("Credential should be scoped to correct service: '%s'. ", service)
	case claim.region == "" || region != "" && claim.region != region:
		message = "Credential should be scoped to a valid region. "
	case !strings.HasPrefix(date, claim.date+"T"):
		message = fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			claim.date, date[:8], date)
	default:
		return nil
	}
	return refuse(signatureFault(message))
}

func checkSkew(signed, now time.Time) *Fault {
	at := func(t time.Time) string { return t.UTC().Format(amzDateForm) }
	if earliest := now.Add(-maxSkew); signed.Before(earliest.Truncate(time.Second)) {
		return refuse(signatureFault(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 15 min.)", at(signed), at(earliest), at(now))))
	}
	if latest := now.Add(maxSkew); signed.After(latest) {
		return refuse(signatureFault(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 15 min.)", at(signed), at(latest), at(now))))
	}
	return nil
}

// sign returns the authorization that the request should have. It copies the
// request with only the headers that the client signed, and lets the SDK sign
// the copy. The SDK always signs date and session token, so a client that left
// them out has other signedHeaders.
func sign(r *http.Request, body []byte, claim authorization, secret string,
	signed time.Time) (authorization, error) {
	header := make(http.Header)
	for _, name := range claim.signedHeaders {
		if values := r.Header.Values(name); values != nil {
			header[http.CanonicalHeaderKey(name)] = values
		}
	}
	rebuilt := &http.Request{
		Method: r.Method,
		URL: &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath,
			RawQuery: r.URL.RawQuery},
		Host:   r.Host,
		Header: header,
	}
	if slices.Contains(claim.signedHeaders, "content-length") {
		rebuilt.ContentLength = r.ContentLength
	}
	credentials := aws.Credentials{AccessKeyID: claim.keyID, SecretAccessKey: secret,
		SessionToken: r.Header.Get("X-Amz-Security-Token")}
	hash := sha256.Sum256(body)

	// A signer caches signing keys by access key ID, not by secret, so each
	// request needs a new one.
	err := v4.NewSigner().SignHTTP(context.Background(), credentials, rebuilt, hex.EncodeToString(hash[:]),
		claim.service, claim.region, signed)
	if err != nil {
		return authorization{}, err
	}
	computed, _ := parseAuthorization(header.Get("Authorization"))
	return computed, nil
}
