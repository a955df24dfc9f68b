package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
)

// The SDK panics in a goroutine of its own at an expired login token with any key but a P-256 one.
func TestLoginKey(t *testing.T) {
	const session = "arn:aws:sts::123456789012:assumed-role/console/alice"
	pemOf := func(curve elliptic.Curve) string {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	}
	const wrong = "dpopKey is not a P-256 key in PEM form"
	for name, tt := range map[string]struct{ key, want string }{
		"no PEM":      {secret, wrong},
		"no key":      {"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", wrong},
		"other curve": {pemOf(elliptic.P384()), wrong},
		"none":        {"", "missing dpopKey"},
		"right":       {pemOf(elliptic.P256()), "127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("AWS_LOGIN_CACHE_DIRECTORY", dir)
			t.Setenv("AWS_ENDPOINT_URL_SIGNIN", "http://127.0.0.1:1")
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			token, err := json.Marshal(map[string]any{
				"accessToken": map[string]string{"accessKeyId": "ASIAIOSFODNN7EXAMPLE", "secretAccessKey": secret, "sessionToken": secret,
					"accountId": "123456789012", "expiresAt": "2020-01-01T00:00:00Z"},
				"tokenType": "aws_sigv4", "refreshToken": "r", "identityToken": "i", "clientId": "c", "dpopKey": tt.key,
			})
			if err != nil {
				t.Fatal(err)
			}
			file, err := logincreds.StandardCachedTokenFilepath(session, dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, token, 0o600); err != nil {
				t.Fatal(err)
			}
			config := filepath.Join(dir, "config")
			if err := os.WriteFile(config, []byte("[profile in]\nregion = eu-west-1\nlogin_session = "+session+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			files := profile.Files{Config: config}
			read, err := profile.ReadFiles(files)
			if err != nil {
				t.Fatal(err)
			}
			p, err := read.Profile("in")
			if err != nil {
				t.Fatal(err)
			}
			m := newMaker(Parts{Env: os.Getenv, Client: awsapi.Client{Region: "eu-west-1"}, Events: &recorder{}}, Flags{})
			_, err = m.signedIn(t.Context(), &Plan{Kind: Login, Profile: p})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Error("the error quotes the token")
			}
		})
	}
}
