package awstest

import (
	"crypto/subtle"
	"net/http"
	"time"
)

// containerPath is the path of a container's credentials. The agents of ECS and
// EKS choose their own paths.
const containerPath = "/v1/credentials"

// Container stands in for the endpoint from which an ECS task or an EKS pod
// gets its credentials. Each request needs the token. Errors have the members
// code and message. Source: "Container credential provider" in the AWS SDKs and
// Tools Reference Guide.
type Container struct {
	server
	token string
	issue Issue
}

// StartContainer starts an endpoint that returns credentials to clients with
// token. The caller must Close it.
func StartContainer(token string, issue Issue) (*Container, error) {
	s := &Container{token: token, issue: issue}
	return s, s.start(s.handle)
}

// CredentialsURL returns the value for AWS_CONTAINER_CREDENTIALS_FULL_URI.
func (s *Container) CredentialsURL() string { return s.url + containerPath }

func (s *Container) handle(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, code, message string) {
		answerJSON(w, status, map[string]string{"code": code, "message": message})
	}
	given := r.Header.Get("Authorization")
	switch {
	case given == "":
		fail(http.StatusUnauthorized, "MissingToken", "the request has no authorization token")
	case subtle.ConstantTimeCompare([]byte(given), []byte(s.token)) != 1:
		fail(http.StatusForbidden, "InvalidToken", "the authorization token is not valid")
	case r.Method != http.MethodGet:
		fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "only GET is allowed")
	case r.URL.Path != containerPath:
		fail(http.StatusNotFound, "NotFound", "there are no credentials at this path")
	default:
		c, err := s.issue()
		if err != nil {
			fail(http.StatusInternalServerError, "InternalServerException", err.Error())
			return
		}
		answerJSON(w, http.StatusOK, map[string]string{
			"AccessKeyId":     c.AccessKeyID,
			"SecretAccessKey": c.SecretAccessKey,
			"Token":           c.SessionToken,
			"Expiration":      c.Expires.UTC().Format(time.RFC3339),
			"AccountId":       c.AccountID,
		})
	}
}
