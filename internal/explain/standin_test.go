package explain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const fakeSecret = "S3CR3TMARKERaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// keyID returns the access key id of credentials of an origin, which it identifies.
func keyID(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return "ASIA" + strings.ToUpper(hex.EncodeToString(sum[:8]))
}

// expiry is when the credentials of the stand-in expire: late enough that no client renews them.
func expiry() time.Time { return time.Now().Add(6 * time.Hour).UTC().Truncate(time.Second) }

// standIn answers for STS, the SSO portal, the metadata service of an EC2 instance and a container endpoint.
func standIn(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", answerSTS)
	mux.HandleFunc("GET /federation/credentials", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("role_name") == "" || q.Get("account_id") == "" || r.Header.Get("x-amz-sso_bearer_token") != "token" {
			http.Error(w, `{"message":"bad"}`, http.StatusBadRequest)
			return
		}
		writeJSON(w, map[string]any{"roleCredentials": map[string]any{
			"accessKeyId": keyID("sso " + q.Get("role_name")), "secretAccessKey": fakeSecret, "sessionToken": "t", "expiration": expiry().UnixMilli(),
		}})
	})
	mux.HandleFunc("GET /container", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, given("container")) })
	mux.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-aws-ec2-metadata-token-ttl-seconds", "21600")
		fmt.Fprint(w, "token")
	})
	const roles = "GET /latest/meta-data/iam/security-credentials"
	mux.HandleFunc(roles+"/{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "machine") })
	mux.HandleFunc(roles+"/machine", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, given("instance at http://"+r.Host)) })
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/" + strings.TrimLeft(r.URL.Path, "/") // some clients put two slashes behind the host
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func given(origin string) map[string]any {
	return map[string]any{"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": time.Now().UTC().Format(time.RFC3339),
		"AccessKeyId": keyID(origin), "SecretAccessKey": fakeSecret, "Token": "t", "Expiration": expiry().Format(time.RFC3339)}
}

// answerSTS answers with the role and the key that signed the request, or the token
// of the web identity.
func answerSTS(w http.ResponseWriter, r *http.Request) {
	action, role := r.FormValue("Action"), r.FormValue("RoleArn")
	if action == "GetCallerIdentity" {
		fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult/></GetCallerIdentityResponse>`)
		return
	}
	origin := ""
	switch action {
	case "AssumeRole":
		_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		signer, _, _ := strings.Cut(credential, "/2")
		origin = "role " + role + " by " + signer
	case "AssumeRoleWithWebIdentity":
		origin = "web identity " + role + " with " + r.FormValue("WebIdentityToken")
	}
	if origin == "" || role == "" {
		http.Error(w, "<ErrorResponse><Error><Code>ValidationError</Code><Message>bad</Message></Error></ErrorResponse>", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>%[2]s</AccessKeyId>`+
		`<SecretAccessKey>%[3]s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%[4]s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`,
		action, keyID(origin), fakeSecret, expiry().Format(time.RFC3339))
}
