package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// asAWS, as the first argument, makes this program act as the AWS CLI does for
// "sts get-caller-identity". It knows nothing of awsexec, and finds its credentials
// like any program that uses an AWS SDK.
const asAWS = "as-aws"

func callAWS(ctx context.Context, args []string) error {
	var options []func(*config.LoadOptions) error
	if i := slices.Index(args, "--profile"); i >= 0 && i+1 < len(args) {
		options = append(options, config.WithSharedConfigProfile(args[i+1]))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return err
	}
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Printf("{\n    \"UserId\": %q,\n    \"Account\": %q,\n    \"Arn\": %q\n}\n", aws.ToString(out.UserId), aws.ToString(out.Account), aws.ToString(out.Arn))
	return nil
}
