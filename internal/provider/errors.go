package provider

import (
	"errors"
	"fmt"
	"net/url"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// CallError is a call of AWS that failed. Its text is what AWS or the network said, without the SDK's layers around it; those
// remain to be found with errors.As.
type CallError struct {
	Operation string // in words, with its object: "get session token with AKIA…"
	err       error
}

func (e *CallError) Unwrap() error { return e.err }

func (e *CallError) Error() string {
	var api smithy.APIError
	var response *awshttp.ResponseError
	var network *url.Error
	switch {
	case errors.As(e.err, &api) && errors.As(e.err, &response):
		return fmt.Sprintf("%s: %s: %s (request id %s)", e.Operation, api.ErrorCode(), api.ErrorMessage(), response.ServiceRequestID())
	case errors.As(e.err, &network):
		return fmt.Sprintf("%s: %s did not answer: %v", e.Operation, origin(network.URL), network.Err)
	default:
		return fmt.Sprintf("%s: %v", e.Operation, e.err)
	}
}

// origin is the scheme and host of a URL.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	return u.Scheme + "://" + u.Host
}

// called wraps the error of a call of AWS.
func called(operation string, err error) error {
	return &CallError{operation, err}
}
