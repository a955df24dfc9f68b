package awsapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// CallError reports a call to AWS that failed. Its text is that of AWS or the
// network, without the SDK's layers around it, which errors.As still finds.
type CallError struct {
	Operation string // in words, with its object: "get session token with AKIA…"
	err       error
}

func (e *CallError) Unwrap() error { return e.err }

func (e *CallError) Error() string { return e.Operation + ": " + Words(e.err) }

// Words returns what happened in a call of an SDK. The SDK's own text is about
// its layers, and may quote the answer.
func Words(err error) string {
	var wire *WireError
	var api smithy.APIError
	var response interface{ ServiceRequestID() string }
	var status interface{ HTTPStatusCode() int }
	var unreadable *smithy.DeserializationError
	var answer *smithyhttp.ResponseError
	switch {
	case errors.As(err, &wire):
		return wire.Error()
	case errors.As(err, &api):
		code := cut(api.ErrorCode())
		if code == "" && errors.As(err, &status) { // a container's endpoint with a line of text
			code = (&WireError{Status: status.HTTPStatusCode()}).status()
		}
		text := code
		if message := cut(strings.TrimSpace(cmp.Or(api.ErrorMessage(), oauthDescription(err)))); message != "" {
			text += ": " + message
		}
		if errors.As(err, &response) && response.ServiceRequestID() != "" {
			text += fmt.Sprintf(" (request id %s)", cut(response.ServiceRequestID()))
		}
		return text
	case errors.As(err, &unreadable):
		return "the answer cannot be read"
	case errors.As(err, &answer) && answer.HTTPStatusCode()/100 > 2 && answer.Response.Request != nil:
		return (&WireError{Kind: BadStatus, Host: hostOf(answer.Response.Request.URL), Status: answer.HTTPStatusCode()}).Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	for { // the innermost error of the SDK's layers is what happened; what does not come from it is shown whole
		var operation *smithy.OperationError
		var attempts *retry.MaxAttemptsError
		switch {
		case errors.As(err, &operation):
			err = operation.Err
		case errors.As(err, &attempts):
			err = attempts.Err
		default:
			return cut(err.Error())
		}
	}
}

// Failed wraps the error of a call of AWS.
func Failed(operation string, err error) error { return &CallError{operation, err} }

// notOfAWS is the code that the SDK gives an answer without one, such as a
// proxy's.
const notOfAWS = "UnknownError"

// Refused reports whether AWS itself refused the request, so that nothing was done:
// the key may have been revoked.
func Refused(err error) bool {
	var response *awshttp.ResponseError
	var api smithy.APIError
	return errors.As(err, &response) && response.HTTPStatusCode()/100 == 4 && errors.As(err, &api) && api.ErrorCode() != notOfAWS && !Throttled(err)
}

// Throttled reports whether AWS says that there were too many requests.
func Throttled(err error) bool {
	return retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}.IsErrorThrottle(err) == aws.TrueTernary
}

// Passing reports whether a call failed for a reason that may be gone soon: AWS cannot
// be reached, has a fault, or was asked too often.
func Passing(err error) bool {
	var response *awshttp.ResponseError
	fault := errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError
	return fault || errors.As(err, new(*WireError)) || Throttled(err)
}

// CodeConsumed reports whether AWS has checked the one-time code of a call that
// ended with err. A call that was throttled or got no answer may be repeated with
// the same code; AWS reports it if the code was used after all.
func CodeConsumed(err error) bool {
	var api smithy.APIError
	return err == nil || errors.As(err, &api) && !Throttled(err)
}

// CodeRefused reports whether STS refused the one-time code. It uses one
// message for a wrong code and for one that was used before, and the same code
// AccessDenied as for everything else.
func CodeRefused(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "AccessDenied" &&
		strings.Contains(api.ErrorMessage(), "MultiFactorAuthentication failed with invalid MFA one time pass code")
}
