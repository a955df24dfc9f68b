package awsapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// provePossession adds to each request a proof that its sender has key, by RFC 9449
// (DPoP).
func provePossession(key *ecdsa.PrivateKey, now func() time.Time) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("DPoP", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
			middleware.FinalizeOutput, middleware.Metadata, error,
		) {
			request, ok := in.Request.(*smithyhttp.Request)
			if !ok {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("unknown request: %T", in.Request)
			}
			proof, err := proofOfPossession(key, request.URL.String(), now())
			if err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
			request.Header.Set("DPoP", proof)
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
	}
}

// coordinate is how many bytes a number of a P-256 key or signature has.
const coordinate = 32

// proofOfPossession returns the JSON Web Token for a POST to url.
func proofOfPossession(key *ecdsa.PrivateKey, url string, now time.Time) (string, error) {
	public, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return "", err
	}
	header, err := part(map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]string{
		"kty": "EC", "crv": "P-256",
		"x": base64.RawURLEncoding.EncodeToString(public[1 : 1+coordinate]), "y": base64.RawURLEncoding.EncodeToString(public[1+coordinate:]),
	}})
	if err != nil {
		return "", err
	}
	claims, err := part(map[string]any{"jti": rand.Text(), "htm": "POST", "htu": url, "iat": now.Unix()})
	if err != nil {
		return "", err
	}
	message := header + "." + claims
	digest := sha256.Sum256([]byte(message))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	return message + "." + base64.RawURLEncoding.EncodeToString(append(fixed(r), fixed(s)...)), nil
}

func part(v any) (string, error) {
	data, err := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(data), err
}

func fixed(n *big.Int) []byte { return n.FillBytes(make([]byte, coordinate)) }
