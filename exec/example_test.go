package exec_test

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/exec"
)

func ExampleEnviron() {
	base := []string{"HOME=/home/me", "AWS_PROFILE=other", "AWS_SESSION_TOKEN=stale"}
	id := exec.Identity{
		Credentials: aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKER"},
		Region:      "eu-west-1",
		Profile:     "work",
	}
	for _, variable := range exec.Environ(base, id) {
		fmt.Println(variable)
	}
	// Output:
	// HOME=/home/me
	// AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
	// AWS_SECRET_ACCESS_KEY=S3CR3TMARKER
	// AWS_REGION=eu-west-1
	// AWS_DEFAULT_REGION=eu-west-1
	// AWSEXEC_PROFILE=work
	// AWSEXEC_GIVEN=AWS_ACCESS_KEY_ID:96bca470
}

func ExampleEnvironOf() {
	e := exec.Endpoint{
		URL:             "http://127.0.0.1:4040/work",
		Token:           "S3CR3TMARKERtoken",
		ConfigFile:      "/run/empty",
		CredentialsFile: "/run/empty",
		Profile:         "work",
	}
	for _, variable := range exec.EnvironOf([]string{"AWS_REGION=eu-west-1"}, e) {
		fmt.Println(variable)
	}
	// Output:
	// AWS_REGION=eu-west-1
	// AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:4040/work
	// AWS_CONTAINER_AUTHORIZATION_TOKEN=S3CR3TMARKERtoken
	// AWS_CONFIG_FILE=/run/empty
	// AWS_SHARED_CREDENTIALS_FILE=/run/empty
	// AWSEXEC_PROFILE=work
	// AWSEXEC_GIVEN=AWS_CONTAINER_CREDENTIALS_FULL_URI:9c355cf2
}

func ExampleEnvironRenewing() {
	for _, variable := range exec.EnvironRenewing(nil, exec.Renewal{Profile: "work", ConfigFile: "/run/config"}) {
		fmt.Println(variable)
	}
	// Output:
	// AWS_PROFILE=work
	// AWS_CONFIG_FILE=/run/config
	// AWS_SDK_LOAD_CONFIG=1
	// AWSEXEC_PROFILE=work
}
