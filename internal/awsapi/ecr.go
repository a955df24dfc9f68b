package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/registry"
)

// RegistryPassword is what a registry takes from a client.
type RegistryPassword struct {
	User, Password string
	Expires        time.Time
}

// maxPassword is how long the password of a registry may be, far above what AWS makes.
const maxPassword = 32 << 10

// RegistryPassword calls GetAuthorizationToken, of ECR or of ECR Public. It is one
// call of JSON: the SDK's packages for the two services would be megabytes of the
// program. Endpoint is the user's own, "" for that of AWS.
func (c Client) RegistryPassword(ctx context.Context, creds aws.Credentials, r registry.Registry, endpoint string) (RegistryPassword, error) {
	if err := checkEndpoint(endpoint); err != nil {
		return RegistryPassword{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	password, err := c.registryPassword(ctx, creds, r, endpoint)
	if err != nil {
		return RegistryPassword{}, Failed(fmt.Sprintf("get a password for %s with %s", r.Host, creds.AccessKeyID), err)
	}
	return password, nil
}

func (c Client) registryPassword(ctx context.Context, creds aws.Credentials, r registry.Registry, endpoint string) (p RegistryPassword, err error) {
	transport, err := c.Transport()
	if err != nil {
		return p, err
	}
	wire := NewWire(transport, JSON)
	defer wire.Close()
	service, target := "ecr", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
	if r.Public {
		service, target = "ecr-public", "SpencerFrontendService.GetAuthorizationToken"
	}
	if endpoint == "" {
		endpoint = "https://" + r.API
	}
	call := func() (body []byte, again bool, err error) {
		content := []byte("{}")
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/", bytes.NewReader(content))
		if err != nil {
			return nil, false, err
		}
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", target)
		request.Header.Set("User-Agent", c.AppID)
		sum := sha256.Sum256(content)
		if err := v4.NewSigner().SignHTTP(ctx, creds, request, hex.EncodeToString(sum[:]), service, r.Region, time.Now()); err != nil {
			return nil, false, err
		}
		response, err := wire.Do(request)
		if err != nil {
			return nil, true, err
		}
		defer response.Body.Close()
		if body, err = io.ReadAll(response.Body); err != nil || response.StatusCode == http.StatusOK {
			return body, err != nil, err
		}
		err = jsonError(body)
		return nil, response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests || Throttled(err), err
	}
	for try := 1; ; try++ {
		body, again, err := call()
		if err == nil {
			return readPassword(body, r.Public)
		}
		if !again || try == retryMost || sleep(ctx, time.Duration(try)*retryPause) != nil {
			return p, wire.Cause(ctx, err)
		}
	}
}

// How a call that did not succeed is repeated.
const (
	retryMost  = 3
	retryPause = 300 * time.Millisecond
)

// jsonError returns the error in an answer of a service that speaks JSON.
func jsonError(body []byte) error {
	var answer struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &answer) // which is JSON, or the answer would not be here
	_, code, found := strings.Cut(answer.Type, "#")
	if !found {
		code = answer.Type
	}
	return &smithy.GenericAPIError{Code: code, Message: answer.Message}
}

var errNoPassword = errors.New("the answer holds no password of a registry")

// readPassword returns the password in an answer.
func readPassword(body []byte, public bool) (p RegistryPassword, err error) {
	type data struct {
		Token   string  `json:"authorizationToken"`
		Expires float64 `json:"expiresAt"`
	}
	var first data
	if public {
		var answer struct {
			Data data `json:"authorizationData"`
		}
		err, first = json.Unmarshal(body, &answer), answer.Data
	} else {
		var answer struct {
			Data []data `json:"authorizationData"`
		}
		if err = json.Unmarshal(body, &answer); err == nil && len(answer.Data) > 0 {
			first = answer.Data[0]
		}
	}
	decoded, decodeErr := base64.StdEncoding.DecodeString(first.Token)
	user, password, ok := strings.Cut(string(decoded), ":")
	if err != nil || decodeErr != nil || !ok || user == "" || password == "" {
		return p, errNoPassword
	}
	if err := checkText("password", user+password, maxPassword); err != nil {
		return p, err
	}
	return RegistryPassword{user, password, time.Unix(int64(first.Expires), 0)}, nil
}
