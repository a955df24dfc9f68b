package keyinput

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestCheck(t *testing.T) {
	const id, secret = "AKIAIOSFODNN7EXAMPLE", "S3CR3TMARKER/1234567890123456789012345678"
	for _, c := range []struct {
		id, secret string
		want       string // of the error; "" for none
		foreign    bool   // it may be a key of another service
	}{
		{id, secret, "", false},
		{"minio", secret, "begins with AKIA", true},
		{"test", "test", "begins with AKIA", true},
		{"GOOG1EXAMPLE", secret, "begins with AKIA", true},
		{"0a1b2c3d4e5f", secret, "begins with AKIA", true},
		{"akiaiosfodnn7example", secret, "begins with AKIA", true},
		{id, "minio123", "40 letters", true},
		{id, "S3CR3TMARKER-with_other!signs", "40 letters", true},
		{"ASIAIOSFODNN7EXAMPLE", secret, "short-lived", false},
		{"", secret, "empty", false},
		{"two words", secret, "spaces", false},
		{id, "", "empty", false},
		{id, "S3CR3TMARKER two", "spaces", false},
		{"minio", strings.Repeat("x", 2000), "begins with AKIA", true},
		{id, strings.Repeat("x", 2000), "too long", false},
	} {
		err := Check(aws.Credentials{AccessKeyID: c.id, SecretAccessKey: c.secret})
		_, foreign := errors.AsType[*ShapeError](err)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || foreign != c.foreign {
			t.Errorf("%q, %d characters: %v, foreign %t", c.id, len(c.secret), err, foreign)
		}
	}
}
