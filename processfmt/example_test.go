package processfmt_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/processfmt"
)

var session = aws.Credentials{
	AccessKeyID:     "ASIAIOSFODNN7EXAMPLE",
	SecretAccessKey: "S3CR3TMARKER",
	SessionToken:    "S3CR3TMARKERtoken",
	CanExpire:       true,
	Expires:         time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
}

func ExampleEncode() {
	if err := processfmt.Encode(os.Stdout, session); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"S3CR3TMARKER","SessionToken":"S3CR3TMARKERtoken","Expiration":"2026-01-02T03:04:05Z"}
}

func ExampleDecode() {
	output := `{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "S3CR3TMARKER",
		"SessionToken": "S3CR3TMARKERtoken", "Expiration": "2026-01-02T03:04:05Z"}`
	c, err := processfmt.Decode(strings.NewReader(output))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.AccessKeyID, c.CanExpire, c.Expires)
	// Output:
	// ASIAIOSFODNN7EXAMPLE true 2026-01-02 03:04:05 +0000 UTC
}

func ExampleExport() {
	settings := [][2]string{{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "eu-west-1"}}
	if err := processfmt.Export(os.Stdout, processfmt.Fish, session, settings); err != nil {
		fmt.Println(err)
	}
	// Output:
	// set -gx AWS_ACCESS_KEY_ID 'ASIAIOSFODNN7EXAMPLE'
	// set -gx AWS_SECRET_ACCESS_KEY 'S3CR3TMARKER'
	// set -gx AWS_SESSION_TOKEN 'S3CR3TMARKERtoken'
	// set -gx AWS_CREDENTIAL_EXPIRATION '2026-01-02T03:04:05Z'
	// set -gx AWS_REGION 'eu-west-1'
	// set -gx AWS_DEFAULT_REGION 'eu-west-1'
}

func ExampleExportVariables() {
	variables := [][2]string{{"AWS_REGION", "eu-west-1"}, {"AWS_PAGER", ""}, {"AWSEXEC_PROFILE", "my profile"}}
	if err := processfmt.ExportVariables(os.Stdout, processfmt.Env, variables); err != nil {
		fmt.Println(err)
	}
	// Output:
	// export AWS_REGION=eu-west-1
	// export AWS_PAGER=
	// export AWSEXEC_PROFILE='my profile'
}
