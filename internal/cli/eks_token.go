package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/session"
)

// eksTokenCmd prints a token for a Kubernetes cluster of EKS, as a credential plugin of
// kubectl does. A role is that of a profile: its session is then in the cache.
type eksTokenCmd struct {
	Name    string `arg:"" complete:"profile" optional:"" help:"Name of the profile, as with -p."`
	Cluster string `required:"" aliases:"cluster-name" placeholder:"NAME" help:"Name of the cluster."`
}

func (c *eksTokenCmd) about() (name *string, needed bool) { return &c.Name, false }

// execInfoVariable is where kubectl says which version of the answer it wants. Source:
// "client-go credential plugins" in the Kubernetes documentation.
const execInfoVariable = "KUBERNETES_EXEC_INFO"

// execVersions are the versions of the answer, the default first, which is that of
// "aws eks get-token".
var execVersions = []string{"client.authentication.k8s.io/v1beta1", "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1alpha1"}

// execCredential is the answer to kubectl.
type execCredential struct {
	Kind       string   `json:"kind"`
	APIVersion string   `json:"apiVersion"`
	Spec       struct{} `json:"spec"`
	Status     struct {
		ExpirationTimestamp string `json:"expirationTimestamp"`
		Token               string `json:"token"`
	} `json:"status"`
}

func (c *eksTokenCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, gate *gate) error {
	answer := execCredential{Kind: "ExecCredential"}
	var err error
	if answer.APIVersion, err = execVersion(settings.Env(execInfoVariable)); err != nil {
		return err
	}
	if strings.ContainsFunc(c.Cluster, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return usageError{fmt.Sprintf("--cluster: %q is not the name of a cluster", c.Cluster), ""}
	}
	credentials, err := gate.open(ctx, printLimit)
	if err != nil {
		return err
	}
	client, err := sess.Client(credentials.Profile)
	if err != nil {
		return err
	}
	now := settings.Now()
	token, err := client.EKSToken(ctx, credentials.Credentials, c.Cluster, now)
	if err != nil {
		return err
	}
	expires := now.Add(awsapi.EKSTokenLife)
	if credentials.CanExpire && credentials.Expires.Before(expires) { // the token is worth nothing without them
		expires = credentials.Expires
	}
	answer.Status.ExpirationTimestamp, answer.Status.Token = expires.UTC().Format(time.RFC3339), token
	if err := gate.pass(ctx, logbook.EKSToken, caller.Find(), credentials, printLimit); err != nil {
		return err
	}
	return out.printJSON(answer)
}

// execVersion returns the version of the answer that kubectl wants.
func execVersion(info string) (string, error) {
	if info == "" {
		return execVersions[0], nil
	}
	var asked struct {
		APIVersion string `json:"apiVersion"`
	}
	if err := json.Unmarshal([]byte(info), &asked); err != nil || !slices.Contains(execVersions, asked.APIVersion) {
		return "", fmt.Errorf("%s asks for the version %q of a credential plugin's answer, and awsexec knows %s", execInfoVariable, asked.APIVersion, strings.Join(execVersions, ", "))
	}
	return asked.APIVersion, nil
}
