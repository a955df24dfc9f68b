//go:build unix

package script

import (
	"encoding/base64"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/docker/docker-credential-helpers/client"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// registry is the command registry; see TestScripts.
func registry(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || args[0] != "start" {
		ts.Fatalf("usage: registry start")
	}
	b := ts.Value(bucketsKey{}).(*buckets)
	var made atomic.Int64
	data := func(service string) map[string]any {
		password := fmt.Sprintf("%s%s.%d", ststest.Marker, service, made.Add(1))
		token := base64.StdEncoding.EncodeToString([]byte("AWS:" + password))
		return map[string]any{"authorizationToken": token, "expiresAt": time.Now().Add(12 * time.Hour).Unix()}
	}
	for service, answer := range map[string]func() any{
		"ecr": func() any { return []any{data("ecr")} }, "ecr-public": func() any { return data("ecr-public") },
	} {
		s, err := awstest.StartJSON(service, map[string]func([]byte) any{
			"GetAuthorizationToken": func([]byte) any { return map[string]any{"authorizationData": answer()} },
		})
		ts.Check(err)
		ts.Defer(s.Close)
		b.tell(s.Allow)
		ts.Setenv(map[string]string{"ecr": "AWS_ENDPOINT_URL_ECR", "ecr-public": "AWS_ENDPOINT_URL_ECR_PUBLIC"}[service], s.URL())
	}
}

// dockerClient asks docker-credential-awsexec as Docker does, with Docker's own
// library: get SERVER, list, store SERVER or erase SERVER.
func dockerClient() {
	helper := client.NewShellProgramFunc("docker-credential-awsexec")
	var err error
	switch os.Args[1] {
	case "get":
		c, getErr := client.Get(helper, os.Args[2])
		if err = getErr; err == nil {
			fmt.Println(c.ServerURL, c.Username, c.Secret)
		}
	case "list":
		all, listErr := client.List(helper)
		err = listErr
		fmt.Println(all)
	case "erase":
		err = client.Erase(helper, os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
