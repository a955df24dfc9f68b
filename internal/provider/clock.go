package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// ServerTime asks STS for its time, to the second. The request carries no credentials: STS refuses it, and dates the refusal.
func ServerTime(ctx context.Context, client Client) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	api, err := client.sts(aws.Credentials{})
	if err != nil {
		return time.Time{}, err
	}
	anonymous := sts.New(api.Options(), func(o *sts.Options) { o.Credentials = aws.AnonymousCredentials{} })
	_, err = anonymous.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return time.Time{}, called("ask for the time", err)
	}
	t, err := http.ParseTime(response.Response.Header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("sts answered without its time: %w", err)
	}
	return t, nil
}
