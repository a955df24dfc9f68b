//go:build linux

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
)

// decodedToken returns the URL in a token of EKS.
func decodedToken(t *testing.T, token string) *url.URL {
	t.Helper()
	text, ok := strings.CutPrefix(token, "k8s-aws-v1.")
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil {
		t.Fatalf("not a token: %v", err)
	}
	u, err := url.Parse(string(decoded))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// The token is that of "aws eks get-token" for the same second, byte for byte.
func TestEKSTokenIsTheAWSCLIs(t *testing.T) {
	t.Parallel()
	cli := requireProgram(t, "aws", func(path string) bool { return exec.Command(path, "--version").Run() == nil })
	c := aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKER/secret", SessionToken: "S3CR3TMARKER+/token=="}
	h := newHome(t, "")
	env := []string{"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey, "AWS_SESSION_TOKEN=" + c.SessionToken, "AWS_ENDPOINT_URL_STS=", "AWS_ENDPOINT_URL="}
	for _, region := range []string{"eu-west-1", "cn-north-1"} {
		r := h.start(command{name: cli, args: []string{"eks", "get-token", "--cluster-name", "main", "--region", region, "--output", "json"}, env: env}).wait()
		var theirs struct{ Status struct{ Token string } }
		if err := json.Unmarshal([]byte(r.stdout), &theirs); err != nil {
			t.Fatalf("%v: %+v", err, r)
		}
		at, err := time.Parse("20060102T150405Z", decodedToken(t, theirs.Status.Token).Query().Get("X-Amz-Date"))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := awsapi.Client{Region: region}.EKSToken(t.Context(), c, "main", at)
		if err != nil || ours != theirs.Status.Token {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", region, err, decodedToken(t, ours), decodedToken(t, theirs.Status.Token))
		}
	}
}

// kubectl runs awsexec, and the cluster finds out by the token who it is.
func TestEKSTokenInKubectl(t *testing.T) {
	t.Parallel()
	kubectl := requireProgram(t, "kubectl", anyProgram)
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	h.addAlice()
	cluster := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := func(err error) { http.Error(w, err.Error(), http.StatusUnauthorized) }
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer k8s-aws-v1.")
		signed, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			answer(err)
			return
		}
		ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, string(signed), nil)
		if err != nil {
			answer(err)
			return
		}
		ask.Header.Set("X-K8s-Aws-Id", "main") // as EKS does
		who, err := http.DefaultClient.Do(ask)
		if err != nil {
			answer(err)
			return
		}
		defer who.Body.Close()
		w.WriteHeader(who.StatusCode)
		_, _ = io.Copy(w, who.Body)
	}))
	defer cluster.Close()
	for _, test := range []struct{ version, cluster, want string }{
		{"v1beta1", "other", "SignatureDoesNotMatch"},
		{"v1beta1", "main", "user/alice"},
		{"v1", "main", "user/alice"},
	} {
		config := h.write(fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "c",
			"clusters": [{"name": "c", "cluster": {"server": %q, "insecure-skip-tls-verify": true}}],
			"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
			"users": [{"name": "u", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/%s", "interactiveMode": "IfAvailable",
				"command": %q, "args": ["eks-token", "-p", "work", "--cluster", %q]}}}]}`, cluster.URL, test.version, bin+"/awsexec", test.cluster), "kube.json")
		r := h.start(command{name: kubectl, args: []string{"--kubeconfig", config, "get", "--raw", "/whoami"}}).wait()
		if test.version == "v1" && strings.Contains(r.stderr, "invalid apiVersion") {
			t.Skip("this kubectl is older than 1.22, and does not know v1")
		}
		if !strings.Contains(r.stdout+r.stderr, test.want) {
			t.Errorf("%+v: %+v", test, r)
		}
	}
}
