package awstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// maxProofAge is how old a proof of possession may be, and how far in the future.
const maxProofAge = 5 * time.Minute

// readProof checks a proof of possession for a POST to url at a time. It returns the
// key that is possessed, and the proof's id. Source: RFC 9449, 4.3.
func readProof(proof, url string, now time.Time) (key *ecdsa.PublicKey, id string, err error) {
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		return nil, "", errors.New("not a JSON Web Token")
	}
	var header struct {
		Typ, Alg string
		Jwk      map[string]string
	}
	var claims struct {
		Jti, Htm, Htu string
		Iat           int64
	}
	for i, v := range []any{&header, &claims} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, "", err
		}
		if err := json.Unmarshal(data, v); err != nil {
			return nil, "", err
		}
	}
	if header.Typ != "dpop+jwt" || header.Alg != "ES256" || header.Jwk["kty"] != "EC" || header.Jwk["crv"] != "P-256" || header.Jwk["d"] != "" {
		return nil, "", errors.New("another kind of token or key")
	}
	x, errX := base64.RawURLEncoding.DecodeString(header.Jwk["x"])
	y, errY := base64.RawURLEncoding.DecodeString(header.Jwk["y"])
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if errors.Join(errX, errY, err) != nil || len(x) != 32 || len(y) != 32 || len(signature) != 64 {
		return nil, "", errors.New("the key or the signature has a wrong form")
	}
	if key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...)); err != nil {
		return nil, "", err
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch age := now.Sub(time.Unix(claims.Iat, 0)).Abs(); {
	case !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])):
		return nil, "", errors.New("the signature is wrong")
	case claims.Htm != http.MethodPost || claims.Htu != url || claims.Jti == "":
		return nil, "", errors.New("the proof is for another request")
	case age > maxProofAge:
		return nil, "", errors.New("the proof is of another time")
	}
	return key, claims.Jti, nil
}
