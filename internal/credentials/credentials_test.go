package credentials

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// It compiles only while both types have the same fields.
func TestPlainIsTheSDKs(t *testing.T) {
	var plain Plain = aws.Credentials{AccessKeyID: "AKIA", AccountID: "1"}
	var sdk aws.Credentials = plain
	if sdk.AccessKeyID != "AKIA" || sdk.AccountID != "1" {
		t.Error("fields are lost")
	}
}
