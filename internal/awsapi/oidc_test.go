package awsapi

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	oidctypes "github.com/aws/aws-sdk-go-v2/service/ssooidc/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The errors of IAM Identity Center OIDC are shown with their text, which is not where
// the SDK has a message, and lead to a new sign-in where that helps.
func TestOIDCErrors(t *testing.T) {
	why := aws.String("because")
	for _, tt := range []struct {
		err                      error
		words                    string
		refused, expired, device bool
	}{
		{&oidctypes.InvalidGrantException{Error_description: why}, "InvalidGrantException: because", true, true, false},
		{&oidctypes.InvalidClientException{}, "InvalidClientException", true, true, false},
		{&oidctypes.UnauthorizedClientException{Error_description: why}, "UnauthorizedClientException: because", true, true, false},
		{&oidctypes.ExpiredTokenException{Error_description: why}, "ExpiredTokenException: because", true, false, false},
		{&oidctypes.InvalidScopeException{Error_description: why}, "InvalidScopeException: because", true, false, false},
		{&oidctypes.UnsupportedGrantTypeException{}, "UnsupportedGrantTypeException", true, false, false},
		{&oidctypes.AccessDeniedException{Error_description: why}, "AccessDeniedException: because", true, false, true},
		{&oidctypes.InvalidRequestException{Error_description: why}, "InvalidRequestException: because", true, false, false},
		{&oidctypes.AccessDeniedException{Reason: oidctypes.AccessDeniedExceptionReasonKmsAccessDenied, Error_description: why}, "AccessDeniedException: because", false, false, false},
		{&oidctypes.InvalidRequestException{Reason: oidctypes.InvalidRequestExceptionReasonKmsDisabledKey}, "InvalidRequestException", false, false, false},
		{&oidctypes.SlowDownException{}, "SlowDownException", false, false, false},
		{&oidctypes.InternalServerException{Error_description: why}, "InternalServerException: because", false, false, false},
		{&smithy.GenericAPIError{Code: "Other", Message: "text"}, "Other: text", false, false, false},
	} {
		err := Failed("renew the sign-in", tt.err)
		if got := err.Error(); got != "renew the sign-in: "+tt.words {
			t.Errorf("got %s, want %s", got, tt.words)
		}
		_, device := DeniedAtDevice(err)
		if SignInRefused(err) != tt.refused || CodeExpired(err) != tt.expired || device != tt.device {
			t.Errorf("%s: sign-in refused %t, code expired %t, denied at device %t", tt.words, SignInRefused(err), CodeExpired(err), device)
		}
	}
}

func TestPassing(t *testing.T) {
	answered := func(status int, err error) error {
		response := &smithyhttp.Response{Response: &http.Response{StatusCode: status}}
		return fmt.Errorf("x: %w", &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{Response: response, Err: err}})
	}
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{answered(500, &oidctypes.InternalServerException{}), true},
		{answered(429, &smithy.GenericAPIError{Code: "TooManyRequestsException"}), true},
		{&WireError{Kind: NoConnection}, true},
		{answered(400, &oidctypes.InvalidGrantException{}), false},
		{errors.New("iam identity center answered without an access token"), false},
	} {
		if got := Passing(tt.err); got != tt.want {
			t.Errorf("%v: %t", tt.err, got)
		}
	}
}
