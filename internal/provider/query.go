package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The calls of IAM are written out here, over the SDK's signer, HTTP client and retryer, because the SDK's own package for it
// (v1.64.9) added 0.37 MiB to the binary and 0.3 ms to every start, which is for what few people do once in three months. They
// also need what it does not do: to make a key once, and not again when the answer is lost.

const (
	iamVersion  = "2010-05-08"
	answerMost  = 1 << 20 // bytes that are read of an answer
	contentType = "application/x-www-form-urlencoded; charset=utf-8"
)

// ErrOutcomeUnknown says that a call that must not be made twice may have been carried out: its answer did not arrive.
var ErrOutcomeUnknown = errors.New("it is not known whether AWS did it")

// call makes a call of IAM and reads its answer into out. What can be made again is, as the SDK would.
func (i *IAM) call(ctx context.Context, operation, action string, params url.Values, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	form := url.Values{"Action": {action}, "Version": {iamVersion}}
	maps.Copy(form, params)
	retryer := retry.NewStandard()
	again := retryer.IsErrorRetryable
	if action == "CreateAccessKey" {
		throttled := retry.IsErrorThrottles(retry.DefaultThrottles)
		again = func(err error) bool { return throttled.IsErrorThrottle(err) == aws.TrueTernary }
	}
	for attempt := 1; ; attempt++ {
		err := i.send(ctx, form.Encode(), out)
		if err == nil {
			return nil
		}
		if attempt < retryer.MaxAttempts() && ctx.Err() == nil && again(err) {
			delay, delayErr := retryer.RetryDelay(attempt, err)
			if delayErr == nil && Pause(ctx, delay) == nil {
				continue
			}
		}
		failed := called(operation+" with "+i.credentials.AccessKeyID, err)
		if action == "CreateAccessKey" && unanswered(err) {
			return fmt.Errorf("%w; %w", failed, ErrOutcomeUnknown)
		}
		return failed
	}
}

// unanswered says whether a request may have been carried out all the same: what came back, if anything, is not AWS's word that it was
// refused.
func unanswered(err error) bool {
	var response *awshttp.ResponseError
	var api smithy.APIError
	var sent *smithyhttp.RequestSendError
	return errors.As(err, &sent) ||
		errors.As(err, &response) && errors.As(err, &api) && (response.HTTPStatusCode()/100 != 4 || api.ErrorCode() == notOfAWS)
}

// notOfAWS is the code of an answer that has none: that of a proxy, perhaps.
const notOfAWS = "UnknownError"

// send makes one attempt. An answer that is an error is the *awshttp.ResponseError of a smithy.APIError, as with the SDK's clients.
func (i *IAM) send(ctx context.Context, form string, out any) error {
	cfg, err := i.client.config(i.credentials)
	if err != nil {
		return err
	}
	endpoint, region := i.client.iamEndpoint()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/", strings.NewReader(form))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("User-Agent", i.client.AppID)
	hash := sha256.Sum256([]byte(form))
	if err := v4.NewSigner().SignHTTP(ctx, i.credentials, request, hex.EncodeToString(hash[:]), "iam", region, time.Now()); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	response, err := cfg.HTTPClient.Do(request)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerMost))
	defer clear(answer)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: endpoint, Err: err}}
	}
	if response.StatusCode/100 != 2 {
		return refusal(response, answer)
	}
	if out != nil && xml.Unmarshal(answer, out) != nil { // its error could quote the answer
		return &smithyhttp.RequestSendError{Err: errors.New("the answer cannot be read")}
	}
	return nil
}

// refusal is the error that an answer stands for.
func refusal(response *http.Response, answer []byte) error {
	var body struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	if xml.Unmarshal(answer, &body) != nil || body.Code == "" {
		body.Code, body.Message = notOfAWS, response.Status
	}
	fault := smithy.FaultClient
	if response.StatusCode >= 500 {
		fault = smithy.FaultServer
	}
	return &awshttp.ResponseError{
		RequestID: response.Header.Get("X-Amzn-Requestid"),
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: response},
			Err:      &smithy.GenericAPIError{Code: body.Code, Message: body.Message, Fault: fault},
		},
	}
}

// Pause waits for d, or until ctx ends; the error is then its cause.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
