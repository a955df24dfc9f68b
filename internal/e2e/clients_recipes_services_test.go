//go:build linux

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/awsexec/awsexec/internal/awstest"
)

// optional puts a program on the PATH that is too large to be installed for the tests
// alone, and skips the test if it is missing.
func (w *world) optional(name string) {
	w.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		w.t.Skipf("%s is missing, and is not installed for the tests", name)
	}
	w.program(name, path)
}

// bucket starts S3 with an empty bucket, which accepts sessions of the profile work.
func (w *world) bucket(name string) *awstest.S3 {
	w.t.Helper()
	s, err := awstest.StartS3(name)
	w.must(err)
	w.t.Cleanup(s.Close)
	s.Allow(w.credentials("-p", "work"))
	w.s3 = s
	return s
}

// service starts a service of the JSON protocol, which accepts sessions of the profile
// work.
func (w *world) service(name string, operations map[string]func([]byte) any) {
	w.t.Helper()
	s, err := awstest.StartJSON(name, operations)
	w.must(err)
	w.t.Cleanup(s.Close)
	s.Allow(w.credentials("-p", "work"))
	w.set("AWS_ENDPOINT_URL_" + strings.ToUpper(name) + "=" + s.URL())
}

// polars puts Node on the PATH, and a table into S3. Polars for Node is too large to
// be installed for the tests alone.
func (w *world) polars() {
	w.t.Helper()
	w.program("node", requireProgram(w.t, "node", anyProgram))
	w.set("NODE_PATH=" + os.Getenv("NODE_PATH"))
	w.write(`require("nodejs-polars").DataFrame({ n: [1, 2, 3] }).writeParquet("numbers.parquet")`, "write.cjs")
	if r := w.start(command{name: "node", args: []string{"write.cjs"}}).wait(); r.code != 0 {
		w.t.Skip("nodejs-polars is missing in NODE_PATH, and is not installed for the tests")
	}
	s := w.bucket("bucket")
	s.Put("bucket", "numbers.parquet", read(w.t, w.path("numbers.parquet")))
	w.set("AWS_ENDPOINT_URL="+s.URL(), "AWS_ALLOW_HTTP=true")
}

// sealedByKMS and openedByKMS stand in for Encrypt and Decrypt: what is sealed is the
// plaintext itself, with a mark.
func sealedByKMS(request []byte) any {
	var in struct{ KeyId, Plaintext string }
	if json.Unmarshal(request, &in) != nil {
		return nil
	}
	return map[string]string{"KeyId": in.KeyId, "CiphertextBlob": base64.StdEncoding.EncodeToString([]byte("sealed " + in.Plaintext))}
}

func openedByKMS(request []byte) any {
	var in struct{ KeyId, CiphertextBlob string }
	if json.Unmarshal(request, &in) != nil {
		return nil
	}
	sealed, _ := base64.StdEncoding.DecodeString(in.CiphertextBlob)
	return map[string]string{"KeyId": in.KeyId, "Plaintext": strings.TrimPrefix(string(sealed), "sealed ")}
}

const kubernetesVersion = `{"gitVersion": "v1.33.0"}` + "\n"

// kubernetes puts kubectl and the AWS CLI on the PATH, and starts an API server of
// Kubernetes that accepts the tokens of EKS for the profile work: a presigned
// GetCallerIdentity of its session, with the name of the cluster.
func (w *world) kubernetes() {
	w.t.Helper()
	w.program("kubectl", requireProgram(w.t, "kubectl", anyProgram))
	w.program("aws", requireProgram(w.t, "aws", isAWSCLIv2))
	key := w.credentials("-p", "work").AccessKeyID
	server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer k8s-aws-v1.")
		text, err := base64.RawURLEncoding.DecodeString(token)
		signed, urlErr := url.Parse(string(text))
		if !ok || err != nil || urlErr != nil {
			http.Error(out, "no token of EKS", http.StatusUnauthorized)
			return
		}
		query := signed.Query()
		if query.Get("Action") != "GetCallerIdentity" || !strings.HasPrefix(query.Get("X-Amz-Credential"), key+"/") ||
			query.Get("X-Amz-Security-Token") == "" || !strings.Contains(query.Get("X-Amz-SignedHeaders"), "x-k8s-aws-id") {
			http.Error(out, "not a token of the profile: "+signed.Host, http.StatusUnauthorized)
			return
		}
		_, _ = out.Write([]byte(kubernetesVersion))
	}))
	w.t.Cleanup(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	w.set("KUBECONFIG=" + w.path(".kube", "config") + ":" + w.write(`apiVersion: v1
kind: Config
current-context: demo
contexts: [{name: demo, context: {cluster: demo, user: demo}}]
clusters: [{name: demo, cluster: {server: "`+server.URL+`", certificate-authority-data: `+base64.StdEncoding.EncodeToString(authority)+`}}]
`, "cluster"))
}
